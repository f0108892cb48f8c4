// Loop: opened by its first file.
