#define _GNU_SOURCE
#include "include/namespaces.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
    int ns;
    int (*work)(void *);
    void *argument;
    int result;
};

static void *perform(void *raw) {
    struct job *job = raw;
    if (job->ns >= 0 && setns(job->ns, CLONE_NEWNET) < 0) job->result = -errno;
    else job->result = job->work(job->argument);
    return NULL;
}

int bh_in_netns(int ns, int (*work)(void *), void *argument) {
    struct job job = {ns, work, argument, 0};
    // A signal taken on the helper would run its handler in the wrong namespace.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, perform, &job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) return -failed;
    pthread_join(thread, NULL);
    return job.result;
}

int bh_netns_current(void) {
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int make(void *unused) {
    (void)unused;
    if (unshare(CLONE_NEWNET) < 0) return -errno;
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0) return -errno;
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int result = ioctl(control, SIOCSIFFLAGS, &loopback) < 0 ? -errno : 0;
    close(control);
    return result < 0 ? result : bh_netns_current();
}

int bh_netns_create(void) { return bh_in_netns(-1, make, NULL); }

struct socket_job {
    int domain, type, protocol;
    unsigned owner;
};

static int open_socket(void *raw) {
    struct socket_job *job = raw;
    // The helper ends after this, and its filesystem uid with it.
    if (job->owner != 0) setfsuid(job->owner);
    int fd = socket(job->domain, job->type | SOCK_CLOEXEC, job->protocol);
    return fd < 0 ? -errno : fd;
}

static int is_own(int ns) {
    struct stat own, given;
    return stat("/proc/thread-self/ns/net", &own) == 0 && fstat(ns, &given) == 0
        && own.st_dev == given.st_dev && own.st_ino == given.st_ino;
}

int bh_netns_socket(int ns, int domain, int type, int protocol, unsigned owner) {
    struct socket_job job = {domain, type, protocol, owner};
    // Our own may be one that we may not enter: without root, or in another's user namespace.
    if (owner == 0 && is_own(ns)) return open_socket(&job);
    return bh_in_netns(ns, open_socket, &job);
}

struct write_job {
    const char *const *paths;
    const char *const *values;
    const unsigned char *optional;
    size_t count;
    size_t done;
};

static int open_below(const char *path, int flags) {
    // The lookup below /proc/sys/net follows the namespace of the thread that opens.
    int sys = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (sys < 0) return -errno;
    int fd = openat(sys, path, flags | O_CLOEXEC);
    int result = fd < 0 ? -errno : fd;
    close(sys);
    return result;
}

static int write_all(void *raw) {
    struct write_job *job = raw;
    for (job->done = 0; job->done < job->count; job->done++) {
        size_t i = job->done;
        int fd = open_below(job->paths[i], O_WRONLY);
        if (fd == -ENOENT && job->optional[i]) continue;
        if (fd < 0) return fd;
        size_t length = strlen(job->values[i]);
        ssize_t written = write(fd, job->values[i], length);
        int result = written < 0 ? -errno : (size_t)written == length ? 0 : -EIO;
        close(fd);
        if (result < 0) return result;
    }
    return 0;
}

int bh_netns_write(
    int ns, const char *const *paths, const char *const *values, const unsigned char *optional,
    size_t count, size_t *done) {
    struct write_job job = {paths, values, optional, count, 0};
    int result = bh_in_netns(ns, write_all, &job);
    *done = job.done;
    return result;
}

struct read_job {
    const char *path;
    char *bytes;
    size_t room;
};

static int read_one(void *raw) {
    struct read_job *job = raw;
    int fd = open_below(job->path, O_RDONLY);
    if (fd < 0) return fd;
    ssize_t got = read(fd, job->bytes, job->room);
    int result = got < 0 ? -errno : (int)got;
    close(fd);
    return result;
}

int bh_netns_read(int ns, const char *path, char *bytes, size_t room) {
    struct read_job job = {path, bytes, room};
    return bh_in_netns(ns, read_one, &job);
}

enum { LOW_MAX = 4 };
static int low[LOW_MAX], low_held, low_wanted;

static void hold_low(void) {
    int fd = low_held < low_wanted ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= FD_SETSIZE) close(fd);
    else if (fd >= 0) low[low_held++] = fd;
}

void bh_low_keep(void) {
    low_wanted = LOW_MAX;
    for (int i = 0; i < LOW_MAX; i++) hold_low();
}

void bh_low_take(void) {
    if (low_held > 0) close(low[--low_held]);
}

void bh_low_return(void) { hold_low(); }
