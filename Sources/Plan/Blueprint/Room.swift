// Blueprint: opened by its first file.
