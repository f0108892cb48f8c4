// What the breach probe needs and Swift cannot say: bare system calls, foreign entries, bombs.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// Any system call by number; the result, or -errno.
int64_t bh_syscall(
    int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f);
// The 32-bit entry of x86 (int 0x80); -ENOSYS elsewhere.
int64_t bh_int80(int64_t number, int64_t a, int64_t b, int64_t c);
// A child with copied memory by bare clone: pid, 0 in the child, or -errno.
int bh_split(void);
// Waits at most this long. 1 ended (*status is waitpid's), 0 still there, or -errno.
int bh_await(int pid, int milliseconds, int *status);
// Calls the bytes at this address as `int (*)(void)`.
int bh_call_bytes(void *code);
// Starts up to `limit` idle children, kills and reaps them all. Returns how many started;
// *failure is the errno that ended it, or 0.
int bh_fork_storm(int limit, int *failure);
// Starts up to `limit` idle threads and ends them all. As above.
int bh_thread_storm(int limit, int *failure);
// SIG_IGN for SIGPIPE, so that a closed peer is an errno.
void bh_ignore_pipe(void);
