// Trail: opened by its first file.
