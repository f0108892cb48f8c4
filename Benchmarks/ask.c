/* Traffic between two network namespaces over one TCP connection.
 *
 * usage: ask trip|stream ASKER ANSWERER PORT ASKER-CPU ANSWERER-CPU MILLISECONDS [PAUSE]
 * The namespaces are paths; CPU -1 leaves the choice to the kernel; the pause, in microseconds, is
 * between one round trip and the next. `trip` prints the median and
 * the 99th percentile of round trips in microseconds and their number, `stream` gigabits/s. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, BLOCK = 128 << 10, TRIPS_MAX = 4 << 20 };
static const char address[] = "10.77.3.3";
static char block[BLOCK];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void stand(const char *space, int cpu) {
    int fd = open(space, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) err(3, "%s", space);
    if (cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof set, &set) < 0) err(3, "processor %d", cpu);
    }
}

static int fresh(void) {
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (s < 0) err(3, "socket");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return s;
}

static void whole(int s, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t n = read(s, block + done, size - done);
        if (n <= 0) err(3, "the answer broke off");
        done += n;
    }
}

static void answer(int listener, int trip) {
    int s = accept(listener, 0, 0);
    if (s < 0) err(3, "accept");
    int one = 1;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    unsigned long bytes = 0;
    for (;;) {
        ssize_t n = read(s, block, trip ? MESSAGE : BLOCK);
        if (n <= 0) break;
        bytes += n;
        if (trip && write(s, block, n) != n) break;
    }
    if (!trip && write(s, &bytes, sizeof bytes) != sizeof bytes) err(3, "count");
    _exit(0);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void trips(int s, double duration, long pause) {
    float *spent = malloc(TRIPS_MAX * sizeof *spent);
    size_t count = 0;
    double begin = now(), last = begin, end = begin + duration;
    while (last < end && count < TRIPS_MAX) {
        if (write(s, block, MESSAGE) != MESSAGE) err(3, "write");
        whole(s, MESSAGE);
        double here = now();
        spent[count++] = here - last;
        if (pause > 0) {
            nanosleep(&(struct timespec){0, pause * 1000}, 0);
            here = now();
        }
        last = here;
    }
    qsort(spent, count, sizeof *spent, ascending);
    printf("%.2f %.2f %zu\n", spent[count / 2], spent[count * 99 / 100], count);
}

static void stream(int s, double duration) {
    double begin = now();
    while (now() < begin + duration)
        if (write(s, block, BLOCK) < 0) err(3, "write");
    shutdown(s, SHUT_WR);
    unsigned long bytes;
    whole(s, sizeof bytes);
    memcpy(&bytes, block, sizeof bytes);
    printf("%.3f\n", bytes * 8 / ((now() - begin) * 1e3));
}

int main(int count, char **words) {
    if (count != 8 && count != 9) errx(2, "usage: see the source");
    int trip = !strcmp(words[1], "trip");
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[4]))};
    inet_pton(AF_INET, address, &to.sin_addr);
    double duration = atof(words[7]) * 1e3;
    /* A measurement that hangs ends, both halves of it. */
    alarm(10 + (unsigned)(duration / 1e6));
    int ready[2];
    if (pipe(ready) < 0) err(3, "pipe");
    pid_t parent = getpid();
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(3);
        stand(words[3], atoi(words[6]));
        int listener = fresh();
        if (bind(listener, (struct sockaddr *)&to, sizeof to) < 0) err(3, "bind");
        if (listen(listener, 1) < 0 || write(ready[1], "r", 1) != 1) err(3, "listen");
        answer(listener, trip);
    }
    close(ready[1]);
    char letter;
    if (read(ready[0], &letter, 1) != 1) errx(3, "nobody answers");
    stand(words[2], atoi(words[5]));
    int s = fresh();
    if (connect(s, (struct sockaddr *)&to, sizeof to) < 0) err(3, "connect");
    if (trip) trips(s, duration, count == 9 ? atol(words[8]) : 0);
    else stream(s, duration);
    return 0;
}
