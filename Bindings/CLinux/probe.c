#define _GNU_SOURCE
#include "include/probe.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STORM_MAX = 65536, STEP_NANOSECONDS = 2000000, STACK_BYTES = 65536 };

int64_t bh_syscall(
    int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) {
    long result = syscall(number, a, b, c, d, e, f);
    return result == -1 ? -errno : result;
}

int64_t bh_int80(int64_t number, int64_t a, int64_t b, int64_t c) {
#if defined(__x86_64__)
    int64_t result = number;
    // The 32-bit entry clears r8 to r11 on older kernels.
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(a), "c"(b), "d"(c)
                     : "memory", "r8", "r9", "r10", "r11");
    return (int32_t)result;
#else
    (void)number, (void)a, (void)b, (void)c;
    return -ENOSYS;
#endif
}

// Bare clone: the wrapper's thread-id writes and clone3 would be further calls for a filter to
// refuse, and the probe has one thread.
int bh_split(void) {
    long pid = syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
    return pid < 0 ? -errno : (int)pid;
}

int bh_await(int pid, int milliseconds, int *status) {
    long steps = (long)milliseconds * 1000000 / STEP_NANOSECONDS;
    for (long step = 0; step <= steps; step++) {
        int got = waitpid(pid, status, WNOHANG);
        if (got < 0 && errno != EINTR) return -errno;
        if (got == pid) return 1;
        struct timespec pause = {0, STEP_NANOSECONDS};
        nanosleep(&pause, NULL);
    }
    return 0;
}

int bh_call_bytes(void *code) { return ((int (*)(void))code)(); }

int bh_fork_storm(int limit, int *failure) {
    static int pids[STORM_MAX];
    int count = 0;
    *failure = 0;
    if (limit > STORM_MAX) limit = STORM_MAX;
    while (count < limit) {
        int pid = bh_split();
        if (pid == 0) {
            for (;;) pause();
        }
        if (pid < 0) {
            *failure = -pid;
            break;
        }
        pids[count++] = pid;
    }
    for (int i = 0; i < count; i++) kill(pids[i], SIGKILL);
    for (int i = 0; i < count; i++) waitpid(pids[i], NULL, 0);
    return count;
}

static volatile int is_over;

static void *idle(void *unused) {
    (void)unused;
    struct timespec pause = {0, STEP_NANOSECONDS};
    while (!is_over) nanosleep(&pause, NULL);
    return NULL;
}

int bh_thread_storm(int limit, int *failure) {
    static pthread_t threads[STORM_MAX];
    pthread_attr_t small;
    *failure = 0;
    is_over = 0;
    if (limit > STORM_MAX) limit = STORM_MAX;
    if (pthread_attr_init(&small) != 0) return 0;
    pthread_attr_setstacksize(&small, STACK_BYTES);
    int count = 0;
    while (count < limit) {
        int error = pthread_create(&threads[count], &small, idle, NULL);
        if (error != 0) {
            *failure = error;
            break;
        }
        count++;
    }
    is_over = 1;
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    pthread_attr_destroy(&small);
    return count;
}

void bh_ignore_pipe(void) { signal(SIGPIPE, SIG_IGN); }
