// Breach: opened by its first file.
