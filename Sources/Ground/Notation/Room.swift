// Notation: opened by its first file.
