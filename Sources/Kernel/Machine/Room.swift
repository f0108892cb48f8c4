// Machine: opened by its first file.
