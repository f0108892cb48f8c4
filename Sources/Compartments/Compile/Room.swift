// Compile: opened by its first file.
