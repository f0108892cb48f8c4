// Calls and constants that Glibc hides from Swift, or that are variadic. Errors are -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// openat2 with the given RESOLVE_* flags, openat without any; O_CLOEXEC is always added.
int bh_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int bh_memfd(const char *name);
// Seals a memfd against writing, growing, shrinking and unsealing.
int bh_seal(int fd);
// 1 when nobody can change a memfd any more, whoever holds it.
int bh_is_sealed(int fd);
int bh_set_nonblocking(int fd, int on);
int bh_set_cloexec(int fd, int on);
int bh_ioctl_int(int fd, unsigned long request, int value);
int bh_fsync_directory(const char *path);
// Read end, then write end, both close-on-exec.
int bh_pipe(int out[2]);

// Up to 128 descriptors beside the bytes. Sends all or nothing; returns bytes sent or -errno.
ssize_t bh_send_fds(int socket, const void *bytes, size_t count, const int *fds, size_t fd_count);
// Received descriptors are close-on-exec; *fd_count is room in and number out.
ssize_t bh_receive_fds(int socket, void *bytes, size_t count, int *fds, size_t *fd_count);
