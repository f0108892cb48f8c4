// Calls of the supervisor and the front that Glibc hides from Swift. Errors are -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A listening TCP socket in this namespace whose socket() was called under the filesystem uid,
// so that the host's `meta skuid` rule names the service and not root. address in host order.
int bh_listener(uint32_t address, uint16_t port, uint32_t uid, int backlog);
// Makes such a socket listen, on the same port, whatever was done to it: 0 or -errno.
int bh_listen_again(int fd, int backlog);
// A SOCK_SEQPACKET (or, with stream, SOCK_STREAM) pair, close-on-exec, with send buffers of the
// given size where the kernel lets us.
int bh_socket_pair(int stream, int buffer_bytes, int out[2]);
// A listening AF_UNIX SOCK_SEQPACKET socket at a path, or a bound SOCK_DGRAM one that passes
// credentials. An existing socket file is replaced.
int bh_unix_listener(const char *path, uint32_t mode);
int bh_unix_receiver(const char *path, uint32_t mode);
int bh_unix_connect(const char *path);
// The same without waiting for room in the listener's queue: -EAGAIN when there is none.
int bh_unix_connect_now(const char *path);
int bh_accept(int socket);
// Peer of a connected AF_UNIX socket.
int bh_peer(int socket, uint32_t *pid, uint32_t *uid);
// One datagram with the sender's uid and pid; bytes, 0 for none, or -errno.
ssize_t bh_receive_credentials(int socket, void *bytes, size_t count, uint32_t *pid, uint32_t *uid);
// Takes an exclusive lock without waiting: 0, or -EWOULDBLOCK.
int bh_lock(int fd);
// A detached mount of a directory: nosuid, nodev, noexec.
int bh_detached_bind(const char *path);
// A detached mount of an ext4 image on a free loop device that frees itself with the mount.
int bh_detached_image(const char *image);
// Gives up root for good: groups, gid, uid, no_new_privs, not dumpable.
int bh_drop_privileges(uint32_t uid, uint32_t gid);
int bh_set_dumpable(int on);
int bh_parent_death_signal(int signal);
// Starts a program with exactly the given descriptors as 0, 1, 2, … in a new session.
int bh_spawn(const char *path, char *const argv[], char *const envp[], const int *fds, size_t count,
             int *pid);
int bh_terminal_width(void);
int bh_reap(int pid, int *status, int wait);
// Room for messages up to that size on a socket's sending side; best effort.
void bh_send_buffer(int socket, int bytes);
// Removes what is below a directory, and the directory, without following links or crossing
// mounts. Nobody else may be able to change it meanwhile. Returns 0 or -errno.
int bh_remove_tree(const char *path);
// chown without following a last symbolic link.
int bh_own(const char *path, uint32_t uid, uint32_t gid, uint32_t mode);
// Gives the plain files of a directory, with one name each, to its new owner where the directory
// had another until now.
int bh_own_files(const char *path, uint32_t uid, uint32_t gid);
// A new file of that size with no blocks yet, mode 0600.
int bh_sparse_file(const char *path, uint64_t bytes);
// Gives the root of a detached mount to its owner.
int bh_own_mount(int mount, uint32_t uid, uint32_t gid, uint32_t mode);
// Removes everything in the directory behind a detached mount, without following links.
int bh_empty_directory(int mount);
// Opens a file for reading with the reach of that uid and gid and no groups, following no link and
// never waiting for a pipe's other end.
int bh_open_as(const char *path, uint32_t uid, uint32_t gid);
// Gives up every supplementary group.
int bh_drop_groups(void);
// Allows this process, and those it starts, that many open files, or as many as may be.
int bh_raise_files(uint64_t count);
// Removes a directory beneath the root of a detached mount where it is there and empty.
void bh_remove_empty(int mount, const char *name);
// A second detached mount of what a detached mount shows (Linux 6.15).
int bh_detached_copy(int mount);
