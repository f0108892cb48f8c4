#define _GNU_SOURCE
#include "include/trail.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

int bh_lock_exclusive(int fd) { return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0; }

int bh_open_update(const char *path, int create, uint32_t mode) {
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), mode);
    return fd < 0 ? -errno : fd;
}

int bh_truncate(int fd, uint64_t size) { return ftruncate(fd, (off_t)size) < 0 ? -errno : 0; }

int bh_allocate(int fd, uint64_t size) { return -posix_fallocate(fd, 0, (off_t)size); }

int bh_write_at(int fd, const void *bytes, size_t count, uint64_t offset) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = pwrite(fd, next, count, (off_t)offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        if (written == 0) return -EIO;
        next += written;
        offset += (uint64_t)written;
        count -= (size_t)written;
    }
    return 0;
}

uint64_t bh_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
