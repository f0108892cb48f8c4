// Netlink: opened by its first file.
