// Reach: opened by its first file.
