// Supervisor: opened by its first file.
