// Rulebook: opened by its first file.
