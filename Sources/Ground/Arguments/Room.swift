// Arguments: opened by its first file.
