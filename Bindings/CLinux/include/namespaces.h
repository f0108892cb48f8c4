// Work in other network namespaces: always on a helper thread, so that no thread of the caller
// ever changes its namespace. Errors are -errno.
#pragma once
#include <stddef.h>

// Runs `work` on a fresh thread inside the namespace `ns` (-1: the caller's own) and waits for it.
// All signals are blocked there. Returns what `work` returned, or -errno.
int bh_in_netns(int ns, int (*work)(void *), void *argument);

// A new network namespace with its loopback up, as a descriptor.
int bh_netns_create(void);
// The calling thread's network namespace, as a descriptor.
int bh_netns_current(void);

// A close-on-exec socket that lives in `ns` and belongs to the filesystem uid `owner`.
int bh_netns_socket(int ns, int domain, int type, int protocol, unsigned owner);

// Writes values[i] to paths[i] (below /proc/sys) in order; *done says how many were written.
// A path that does not exist is skipped when optional[i] is not 0.
int bh_netns_write(
    int ns, const char *const *paths, const char *const *values, const unsigned char *optional,
    size_t count, size_t *done);
// Reads at most `room` bytes of one file below /proc/sys; returns the length.
int bh_netns_read(int ns, const char *path, char *bytes, size_t room);
// Numbers below FD_SETSIZE for libraries that wait with select(), in a process that has thousands of
// descriptors: keeps some from now on, gives one to the next that opens anything, takes one back.
// Without the first call the others do nothing. For one thread at a time.
void bh_low_keep(void);
void bh_low_take(void);
void bh_low_return(void);
