// File calls of the trail writer. Errors are -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// An exclusive lock that ends with the open file; -EWOULDBLOCK when another process holds it.
int bh_lock_exclusive(int fd);
// Opens for reading and writing without truncating, making the file when `create` is not 0.
int bh_open_update(const char *path, int create, uint32_t mode);
int bh_truncate(int fd, uint64_t size);
// Allocates real blocks, so that they can be given back later.
int bh_allocate(int fd, uint64_t size);
// Writes at an offset: all of it, or the error that stopped it.
int bh_write_at(int fd, const void *bytes, size_t count, uint64_t offset);
// Wall clock, nanoseconds since 1970.
uint64_t bh_now(void);
