// Closure: opened by its first file.
