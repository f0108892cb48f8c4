// Processes: opened by its first file.
