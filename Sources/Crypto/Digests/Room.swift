// Digests: opened by its first file.
