// PacketFilter: opened by its first file.
