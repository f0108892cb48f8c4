#define _GNU_SOURCE
#include "include/stream.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in named(uint32_t address, uint16_t port) {
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    return name;
}

static int failed(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

// Small frames leave at once, and a peer that fell silent is noticed within half a minute.
static int tune(int fd) {
    int on = 1, idle = 10, between = 5, unanswered = 30000;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof between) < 0)
        return -1;
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof unanswered);
}

static int made(void) {
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
}

int bh_stream_listen(uint32_t address, uint16_t port, int backlog) {
    int fd = made();
    if (fd < 0) return -errno;
    int on = 1;
    struct sockaddr_in name = named(address, port);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&name, sizeof name) < 0 || listen(fd, backlog) < 0)
        return failed(fd);
    return fd;
}

int bh_stream_connect(uint32_t source, uint32_t address, uint16_t port) {
    int fd = made();
    if (fd < 0) return -errno;
    struct sockaddr_in from = named(source, 0), to = named(address, port);
    if (tune(fd) < 0) return failed(fd);
    if (source != 0 && bind(fd, (struct sockaddr *)&from, sizeof from) < 0) return failed(fd);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        return failed(fd);
    return fd;
}

int bh_stream_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
    return -error;
}

int bh_stream_accept(int fd, uint32_t *address, uint16_t *port) {
    struct sockaddr_in name = {0};
    socklen_t size = sizeof name;
    int taken = accept4(fd, (struct sockaddr *)&name, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (taken < 0) return -errno;
    if (name.sin_family != AF_INET) {
        close(taken);
        return -EAFNOSUPPORT;
    }
    *address = ntohl(name.sin_addr.s_addr);
    *port = ntohs(name.sin_port);
    if (tune(taken) < 0) return failed(taken);
    return taken;
}

ssize_t bh_stream_send(int fd, const void *bytes, size_t count) {
    ssize_t moved;
    do moved = send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (moved < 0 && errno == EINTR);
    return moved < 0 ? -errno : moved;
}

ssize_t bh_stream_receive(int fd, void *bytes, size_t room) {
    ssize_t moved;
    do moved = recv(fd, bytes, room, MSG_DONTWAIT);
    while (moved < 0 && errno == EINTR);
    return moved < 0 ? -errno : moved;
}

int bh_stream_port(int fd) {
    struct sockaddr_in name = {0};
    socklen_t size = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &size) < 0) return -errno;
    return ntohs(name.sin_port);
}
