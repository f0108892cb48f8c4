// Seccomp: opened by its first file.
