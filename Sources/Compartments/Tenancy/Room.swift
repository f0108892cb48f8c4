// Tenancy: opened by its first file.
