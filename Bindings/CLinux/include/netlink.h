// Netlink sockets: address family details that Glibc hides from Swift. Errors are -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Binds to a kernel-chosen port and the given multicast groups (bit mask); acks are short, with
// the kernel's own words where it has some.
int bh_netlink_bind(int fd, uint32_t groups);
// Sends one datagram to the kernel.
ssize_t bh_netlink_send(int fd, const void *bytes, size_t count);
// Receives one datagram; -EPERM when its sender is not the kernel, -EMSGSIZE when it was cut.
ssize_t bh_netlink_receive(int fd, void *bytes, size_t room, int nonblocking);
// A full receive buffer drops without an error on the next read: for logs that number records.
int bh_netlink_silence_overruns(int fd);
// Raises the receive buffer past the system's limit (needs CAP_NET_ADMIN).
int bh_force_receive_buffer(int fd, int bytes);
