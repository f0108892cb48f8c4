// Non-blocking TCP over IPv4. Addresses in host order; errors are -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A listener on that address and port (0 lets the kernel choose one).
int bh_stream_listen(uint32_t address, uint16_t port, int backlog);
// Begins a connection, from `source` unless that is 0. It is there, or has failed, when the socket
// is writable; bh_stream_error tells which.
int bh_stream_connect(uint32_t source, uint32_t address, uint16_t port);
// 0 when the connection is there, or what failed.
int bh_stream_error(int fd);
// Takes a waiting connection: its descriptor, or -EAGAIN; the other side's address and port.
int bh_stream_accept(int fd, uint32_t *address, uint16_t *port);
// Bytes moved, 0 at the end of receiving, -EAGAIN when nothing can be moved now; never SIGPIPE.
ssize_t bh_stream_send(int fd, const void *bytes, size_t count);
ssize_t bh_stream_receive(int fd, void *bytes, size_t room);
// The port that a socket is bound to.
int bh_stream_port(int fd);
