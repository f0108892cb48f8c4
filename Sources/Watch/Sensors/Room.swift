// Sensors: opened by its first file.
