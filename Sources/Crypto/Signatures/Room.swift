// Signatures: opened by its first file.
