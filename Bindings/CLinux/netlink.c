#define _GNU_SOURCE
#include "include/netlink.h"
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int bh_netlink_bind(int fd, uint32_t groups) {
    struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) return -errno;
    int on = 1;
    if (setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) < 0) return -errno;
    if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) < 0) return -errno;
    return 0;
}

ssize_t bh_netlink_send(int fd, const void *bytes, size_t count) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do sent = sendto(fd, bytes, count, 0, (struct sockaddr *)&kernel, sizeof kernel);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t bh_netlink_receive(int fd, void *bytes, size_t room, int nonblocking) {
    struct sockaddr_nl sender = {0};
    struct iovec part = {bytes, room};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &part, .msg_iovlen = 1};
    ssize_t got;
    do got = recvmsg(fd, &message, nonblocking ? MSG_DONTWAIT : 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    // Any process may send to a netlink port; only port 0 is the kernel.
    if (sender.nl_pid != 0) return -EPERM;
    return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : got;
}

int bh_netlink_silence_overruns(int fd) {
    int on = 1;
    return setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on) < 0 ? -errno : 0;
}

int bh_force_receive_buffer(int fd, int bytes) {
    return setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0 ? -errno : 0;
}
