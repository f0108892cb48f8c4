// epoll, timerfd, signalfd and pidfd in the shape the Loop room needs. Errors are -errno.
#pragma once
#include <stdint.h>

struct bh_ready {
    uint64_t token;
    uint32_t events;
};

int bh_epoll_create(void);
// Operation is EPOLL_CTL_ADD, _MOD or _DEL; the token comes back from bh_epoll_wait.
int bh_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token);
// Waits for at most `room` (capped at 256) descriptors; a signal counts as nothing ready.
int bh_epoll_wait(int epoll, struct bh_ready *out, int room, int timeout_milliseconds);

// A non-blocking timer on CLOCK_MONOTONIC; first 0 disarms it, interval 0 fires once.
int bh_timer_create(void);
int bh_timer_set(int fd, uint64_t first_nanoseconds, uint64_t interval_nanoseconds);

// Blocks the signals in the calling thread and returns a non-blocking descriptor of them.
int bh_signals_open(const int *signals, int count);
struct bh_signal {
    uint32_t number, pid, uid;
    int32_t status;
};
// 1 = one signal read, 0 = none waiting.
int bh_signals_read(int fd, struct bh_signal *out);

int bh_pidfd_open(int pid);
int bh_eventfd(void);

// CLOCK_MONOTONIC in nanoseconds, CLOCK_REALTIME in seconds.
uint64_t bh_monotonic(void);
int64_t bh_wall_seconds(void);
uint64_t bh_wall_nanoseconds(void);
