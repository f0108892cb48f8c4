// Cgroups: opened by its first file.
