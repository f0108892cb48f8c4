// Namespaces: opened by its first file.
