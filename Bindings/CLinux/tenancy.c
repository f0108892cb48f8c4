#define _GNU_SOURCE
#include "include/tenancy.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int argument_count;
static char **argument_words;

// The loader hands these to every constructor. Swift's CommandLine reads /proc/self/cmdline, which
// a confined program may not, and would then have no words at all.
__attribute__((constructor)) static void keep_arguments(int count, char **words) {
    argument_count = count;
    argument_words = words;
}

const char *bh_argument(int index) {
    return index >= 0 && index < argument_count ? argument_words[index] : NULL;
}

int bh_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0; }

int bh_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

int bh_notify(const char *path, const char *text) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(
        fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    int result = sent < 0 ? -errno : 0;
    close(fd);
    return result;
}

int bh_adopt(int fd) {
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0) return -errno;
    flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

ssize_t bh_receive_message(int fd, void *bytes, size_t room) {
    ssize_t got;
    do got = recv(fd, bytes, room, MSG_DONTWAIT | MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return errno == ECONNRESET ? -EPIPE : -errno;
    if (got > 0) return got;
    int waiting = 0;
    struct pollfd state = {.fd = fd, .events = POLLIN};
    // Only a closed peer with nothing left in the queue is the end.
    if (poll(&state, 1, 0) > 0 && state.revents & POLLHUP && ioctl(fd, FIONREAD, &waiting) == 0 &&
        waiting == 0)
        return -EPIPE;
    return 0;
}

int bh_send_message(int fd, const void *bytes, size_t count) {
    ssize_t sent;
    do sent = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}
