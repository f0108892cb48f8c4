#define _GNU_SOURCE
#include "include/supervise.h"
#include "include/descriptor.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(int fd) {
    int error = errno;
    if (fd >= 0) close(fd);
    return -error;
}

int bh_listener(uint32_t address, uint16_t port, uint32_t uid, int backlog) {
    setfsuid(uid);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    int error = errno;
    setfsuid(geteuid());
    if (fd < 0) return -error;
    int on = 1;
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&name, sizeof name) < 0 || listen(fd, backlog) < 0)
        return fail(fd);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) return fail(fd);
    return fd;
}

int bh_listen_again(int fd, int backlog) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0) return -errno;
    // Forgets a shutdown of the socket, which a listen alone would not; the port stays its own.
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (!listens && connect(fd, &nobody, sizeof nobody) < 0) return -errno;
    if (listen(fd, backlog) < 0) return -errno;
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

int bh_socket_pair(int stream, int buffer_bytes, int out[2]) {
    int type = (stream ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC;
    if (socketpair(AF_UNIX, type, 0, out) < 0) return -errno;
    for (int i = 0; buffer_bytes > 0 && i < 2; i++)
        if (setsockopt(out[i], SOL_SOCKET, SO_SNDBUFFORCE, &buffer_bytes, sizeof buffer_bytes) < 0)
            setsockopt(out[i], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    return 0;
}

static int unix_name(const char *path, struct sockaddr_un *name) {
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof name->sun_path) return -ENAMETOOLONG;
    strcpy(name->sun_path, path);
    return 0;
}

static int unix_bound(const char *path, int type, uint32_t mode) {
    struct sockaddr_un name;
    int wrong = unix_name(path, &name);
    if (wrong) return wrong;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    unlink(path);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) < 0 || chmod(path, mode) < 0)
        return fail(fd);
    return fd;
}

int bh_unix_listener(const char *path, uint32_t mode) {
    int fd = unix_bound(path, SOCK_SEQPACKET, mode);
    if (fd >= 0 && listen(fd, 16) < 0) return fail(fd);
    return fd;
}

int bh_unix_receiver(const char *path, uint32_t mode) {
    int fd = unix_bound(path, SOCK_DGRAM, mode), on = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) return fail(fd);
    return fd;
}

static int unix_connect(const char *path, int flags) {
    struct sockaddr_un name;
    int wrong = unix_name(path, &name);
    if (wrong) return wrong;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0) return fail(fd);
    return fd;
}

int bh_unix_connect(const char *path) { return unix_connect(path, 0); }

int bh_unix_connect_now(const char *path) {
    int fd = unix_connect(path, SOCK_NONBLOCK);
    if (fd < 0) return fd;
    int set = bh_set_nonblocking(fd, 0);
    if (set < 0) {
        close(fd);
        return set;
    }
    return fd;
}

int bh_accept(int socket) {
    int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int bh_peer(int socket, uint32_t *pid, uint32_t *uid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
    *pid = (uint32_t)peer.pid;
    *uid = peer.uid;
    return 0;
}

ssize_t bh_receive_credentials(
    int socket, void *bytes, size_t count, uint32_t *pid, uint32_t *uid) {
    struct iovec part = {bytes, count};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    *pid = 0;
    *uid = UINT32_MAX;
    ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return -errno;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_CREDENTIALS) continue;
        struct ucred peer;
        memcpy(&peer, CMSG_DATA(h), sizeof peer);
        *pid = (uint32_t)peer.pid;
        *uid = peer.uid;
    }
    return got;
}

int bh_lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0; }

static int set_attributes(int fd) {
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
    if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
        return fail(fd);
    return fd;
}

int bh_detached_bind(const char *path) {
    long fd = syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    return fd < 0 ? -errno : set_attributes((int)fd);
}

static int loop_device(int image, char device[32]) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -errno;
    // Another process may take the free device between the two calls: try again, a few times.
    for (int attempt = 0; attempt < 16; attempt++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) return fail(control);
        snprintf(device, 32, "/dev/loop%d", number);
        int fd = open(device, O_RDWR | O_CLOEXEC);
        if (fd < 0) return fail(control);
        struct loop_config config = {
            .fd = (uint32_t)image, .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO};
        if (ioctl(fd, LOOP_CONFIGURE, &config) == 0) {
            close(control);
            return fd;
        }
        if (errno == EINVAL) {
            // The file system below cannot do direct I/O.
            config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
            if (ioctl(fd, LOOP_CONFIGURE, &config) == 0) {
                close(control);
                return fd;
            }
        }
        int busy = errno == EBUSY;
        close(fd);
        if (!busy) break;
    }
    return fail(control);
}

int bh_detached_image(const char *image) {
    int file = open(image, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return -errno;
    char device[32];
    int loop = loop_device(file, device);
    close(file);
    if (loop < 0) return loop;
    long context = syscall(SYS_fsopen, "ext4", FSOPEN_CLOEXEC);
    if (context < 0) return fail(loop);
    int fd = -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", device, 0) == 0 &&
        syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
            MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    int error = errno;
    close((int)context);
    close(loop);
    return fd < 0 ? -error : fd;
}

int bh_drop_privileges(uint32_t uid, uint32_t gid) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return -errno;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int bh_set_dumpable(int on) { return prctl(PR_SET_DUMPABLE, on, 0, 0, 0) < 0 ? -errno : 0; }

int bh_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) < 0 ? -errno : 0;
}

int bh_spawn(const char *path, char *const argv[], char *const envp[], const int *fds, size_t count,
             int *pid) {
    enum { LIFT = 500 };
    if (count > 64) return -E2BIG;
    int lifted[64];
    for (size_t i = 0; i < count; i++) {
        // Out of the way of the numbers they will be copied to.
        lifted[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, LIFT);
        if (lifted[i] < 0) {
            int error = errno;
            while (i-- > 0) close(lifted[i]);
            return -error;
        }
    }
    // vfork shares memory until exec: nothing below allocates or takes a lock.
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    volatile int error = 0;
    pid_t child = vfork();
    if (child == 0) {
        struct sigaction standard = {.sa_handler = SIG_DFL};
        for (int signal = 1; signal < 65; signal++) sigaction(signal, &standard, NULL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        setsid();
        for (size_t i = 0; i < count; i++)
            if (dup2(lifted[i], (int)i) < 0) {
                error = errno;
                _exit(127);
            }
        syscall(SYS_close_range, (unsigned)count, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
        execve(path, argv, envp);
        error = errno;
        _exit(127);
    }
    int failed = child < 0 ? errno : error;
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (size_t i = 0; i < count; i++) close(lifted[i]);
    if (failed && child > 0) waitpid(child, NULL, 0);
    if (failed) return -failed;
    *pid = child;
    return 0;
}

int bh_terminal_width(void) {
    struct winsize size;
    return ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 0;
}

int bh_reap(int pid, int *status, int wait) {
    int got = waitpid(pid, status, wait ? 0 : WNOHANG);
    return got < 0 ? -errno : got;
}

void bh_send_buffer(int socket, int bytes) {
    if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path) < 0 ? -errno : 0;
}

int bh_remove_tree(const char *path) {
    int result = nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    return result == -1 ? -errno : result;
}

int bh_own(const char *path, uint32_t uid, uint32_t gid, uint32_t mode) {
    if (lchown(path, uid, gid) < 0) return -errno;
    return chmod(path, mode) < 0 ? -errno : 0;
}

int bh_own_files(const char *path, uint32_t uid, uint32_t gid) {
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) return -errno;
    struct stat own, one;
    if (fstat(directory, &own) < 0) return fail(directory);
    DIR *list = own.st_uid == uid ? NULL : fdopendir(directory);
    if (!list) {
        close(directory);
        return 0;
    }
    int error = 0;
    for (struct dirent *entry; !error && (entry = readdir(list));) {
        int fd = openat(directory, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) continue;
        // A second name could be of a file elsewhere, which the old owner had no right to give.
        int mine = fstat(fd, &one) == 0 && S_ISREG(one.st_mode) && one.st_nlink == 1
            && one.st_uid == own.st_uid;
        if (mine && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0) error = errno;
        close(fd);
    }
    closedir(list);
    return -error;
}

int bh_sparse_file(const char *path, uint64_t bytes) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    int error = ftruncate(fd, (off_t)bytes) < 0 ? errno : 0;
    close(fd);
    return -error;
}

int bh_own_mount(int mount, uint32_t uid, uint32_t gid, uint32_t mode) {
    // A mount's descriptor is a path only: its root must be opened to be changed.
    int fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int error = fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0 ? errno : 0;
    close(fd);
    return -error;
}

static int empty_below(int directory, int depth) {
    // No service makes deeper trees in its own preparation; a bound keeps the stack bounded.
    if (depth > 64) return -ELOOP;
    DIR *list = fdopendir(directory);
    if (!list) return fail(directory);
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(list));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (unlinkat(dirfd(list), entry->d_name, 0) == 0) continue;
        if (errno != EISDIR && errno != EPERM) { result = -errno; break; }
        int below = openat(dirfd(list), entry->d_name,
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0) { result = -errno; break; }
        result = empty_below(below, depth + 1);
        if (result == 0 && unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR) < 0) result = -errno;
    }
    closedir(list);
    return result;
}

int bh_empty_directory(int mount) {
    int directory = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -errno : empty_below(directory, 0);
}

int bh_open_as(const char *path, uint32_t uid, uint32_t gid) {
    struct { uint64_t flags, mode, resolve; } how = {
        O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0, 0x04 /* RESOLVE_NO_SYMLINKS */};
    // The kernel takes the file capabilities away with a file system uid that is not root's, and
    // gives them back with root's.
    setfsgid(gid);
    setfsuid(uid);
    long fd = -1;
    int error = EPERM;
    if ((uint32_t)setfsuid(~0u) == uid && (uint32_t)setfsgid(~0u) == gid) {
        fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
        error = errno;
    }
    setfsuid(geteuid());
    setfsgid(getegid());
    return fd < 0 ? -error : (int)fd;
}

void bh_remove_empty(int mount, const char *name) {
    int directory = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    unlinkat(directory, name, AT_REMOVEDIR);
    close(directory);
}

int bh_drop_groups(void) { return setgroups(0, NULL) < 0 ? -errno : 0; }

int bh_raise_files(uint64_t count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    struct rlimit more = {count, count};
    // Root without SYS_RESOURCE, as in a container, keeps the hard bound that it was given.
    if (limit.rlim_max < count && setrlimit(RLIMIT_NOFILE, &more) == 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

int bh_detached_copy(int mount) {
    long fd = syscall(SYS_open_tree, mount, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}
