// Sockets: opened by its first file.
