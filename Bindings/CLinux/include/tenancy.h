// What a program inside a compartment does first, and its event channel. Errors are -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// No core dump, no ptrace by the same uid, /proc/self owned by root.
int bh_undumpable(void);
int bh_is_dumpable(void);
// One datagram to a path socket, or to an abstract one when the path begins with '@'.
int bh_notify(const char *path, const char *text);
// A word that the program was started with, the program's own first; NULL after the last.
const char *bh_argument(int index);
// Takes over an inherited descriptor: -EBADF unless open; sets close-on-exec and non-blocking.
int bh_adopt(int fd);

// The next message of a SEQPACKET socket, without waiting and without its descriptors. Returns the
// message's whole length even when `room` is smaller, -EAGAIN when none waits, -EPIPE at the end.
// An empty message is 0, which read() could not tell from the end.
ssize_t bh_receive_message(int fd, void *bytes, size_t room);
// Sends one message without waiting: 0, -EAGAIN when the queue is full, or the error.
int bh_send_message(int fd, const void *bytes, size_t count);
