// ControlTreaty: opened by its first file.
