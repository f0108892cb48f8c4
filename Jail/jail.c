// bulkhead-jail: puts one program into its compartment, and is that compartment's pid 1 afterwards.
//
// Started by the supervisor with exactly four descriptors: 0 /dev/null, 1 and 2 the service's log,
// 3 a SEQPACKET control socket. One message brings a sealed plan and every other descriptor. Three
// processes follow: the outer jail (opens host paths, clones, exits), pid 1 (builds and confines,
// then only reaps and forwards), and the program's process (waits for GO, then executes).
// It never parses service bytes, never allocates, and never continues after a step that failed.
#define _GNU_SOURCE
#include "Plan/include/plan.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

// Debian 12's headers are older than the kernels this runs on.
enum { SET_MDWE = 65, MDWE_REFUSE_EXEC_GAIN = 1, LANDLOCK_ABI_MAX = 7, LANDLOCK_LOG_NEW_EXEC_ON = 2 };
struct landlock_ruleset { uint64_t fs, net, scoped; };
struct landlock_path { uint64_t allowed; int32_t parent; } __attribute__((packed));
struct landlock_port { uint64_t allowed, port; };

// Everything the steps share; static, because nothing may allocate after the clone.
static struct {
    struct jail_start start;
    const uint8_t *plan;
    size_t plan_bytes;
    uint32_t uid, gid, flags, without, files;
    int control, program, net, state, notify, standard_input, handed[JAIL_HANDED_MAX];
    int mounts[JAIL_MOUNTS_MAX];   // detached mounts by index of their record
    int root, ruleset, abi, failure;   // failure: pipe end by which pid 1 learns how exec went
    char *arguments[JAIL_TEXTS_MAX + 1], *environment[JAIL_TEXTS_MAX + 1];
} jail;

static void report(uint32_t kind, uint32_t step, int value, uint32_t index) {
    struct jail_report message = {kind, step, value, index};
    // Plain write: the program's filter has it, and a closed peer means SIGPIPE, which is right.
    if (write(jail.control, &message, sizeof message) != sizeof message) _exit(2);
}

static _Noreturn void fail(enum jail_step step, int error, uint32_t index) {
    if (jail.failure >= 0 && write(jail.failure, "F", 1) != 1) _exit(2);
    report(JAIL_FAILED, step, error, index);
    _exit(1);
}

static void demand(int good, enum jail_step step, int error, uint32_t index) {
    if (!good) fail(step, error, index);
}

// The same for a system call, which left its reason in errno.
static void must(int good, enum jail_step step, uint32_t index) { demand(good, step, errno, index); }

static int namespaces(void) { return (jail.flags & JAIL_NAMESPACES) != 0; }
static int stands(uint32_t wall) { return !(jail.without & wall); }
static int fresh_root(void) { return namespaces() && stands(JAIL_WALL_ROOT); }

// Every record of the plan in turn. Loops need no bound of their own: the reader's hold.
#define each_record(record) \
    struct jail_cursor cursor_ = jail_plan_begin(jail.plan, jail.plan_bytes); jail_plan_next(&cursor_, &(record));

// The only record of its type; its value is NULL when there is none.
static struct jail_record only(uint32_t type) {
    struct jail_record record;
    for (each_record(record)) if (record.type == type) return record;
    return (struct jail_record){0};
}

static int open_path(int directory, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_PATH | O_CLOEXEC, .resolve = resolve | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// ---- The outer jail: in the host's namespaces ----------------------------------------------------
// Receives the start message; its descriptors come in the order that `plan.h` gives.
static void receive_start(int *fds) {
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(JAIL_DESCRIPTORS_MAX * sizeof(int))];
    struct iovec part = {&jail.start, sizeof jail.start};
    struct msghdr message = {NULL, 0, &part, 1, room, sizeof room, 0};
    ssize_t got = recvmsg(jail.control, &message, MSG_CMSG_CLOEXEC);
    if (got == 0) _exit(0);
    must(got > 0, JAIL_STEP_START, 0);
    int cut = got != sizeof jail.start || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
    demand(!cut && jail.start.magic == JAIL_START_MAGIC && jail.start.version == JAIL_VERSION
        && !(jail.start.flags & ~JAIL_HAS_ALL) && jail.start.handed <= JAIL_HANDED_MAX, JAIL_STEP_START, EPROTO, 1);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    size_t size = (2 + (size_t)__builtin_popcount(jail.start.flags) + jail.start.handed) * sizeof(int);
    int all = header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(size);
    demand(all, JAIL_STEP_DESCRIPTORS, EBADF, 0);
    memcpy(fds, CMSG_DATA(header), size);
}

static void read_plan(int fd) {
    int needed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK, seals = fcntl(fd, F_GET_SEALS);
    // Unsealed bytes could change between the check and the use.
    demand(seals >= 0 && (seals & needed) == needed, JAIL_STEP_SEALS, EPERM, 0);
    struct stat facts;
    demand(!fstat(fd, &facts) && facts.st_size > 0 && facts.st_size <= JAIL_PLAN_MAX, JAIL_STEP_PLAN, EFBIG, 0);
    jail.plan_bytes = (size_t)facts.st_size;
    jail.plan = mmap(NULL, jail.plan_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    must(jail.plan != MAP_FAILED, JAIL_STEP_PLAN, 0);
    size_t wrong = jail_plan_check(jail.plan, jail.plan_bytes), arguments = 0, environment = 0;
    demand(wrong == 0, JAIL_STEP_PLAN, EBADMSG, (uint32_t)wrong - 1);
    const uint8_t *identity = only(JAIL_IDENTITY).value;
    jail.uid = jail_u32(identity), jail.gid = jail_u32(identity + 4);
    jail.flags = jail_u32(identity + 8), jail.without = jail_u32(identity + 12);
    struct jail_record record;
    for (each_record(record)) {
        if (record.type == JAIL_ARGUMENT) jail.arguments[arguments++] = (char *)record.value;
        if (record.type == JAIL_ENVIRONMENT) jail.environment[environment++] = (char *)record.value;
        if (record.type == JAIL_LIMIT && jail_u32(record.value) == RLIMIT_NOFILE)
            jail.files = (uint32_t)jail_u64(record.value + 8);
    }
}

static void take_descriptors(const int *fds) {
    int *const optional[] = {&jail.net, &jail.state, &jail.notify, &jail.standard_input};
    jail.program = fds[1], fds += 2;
    for (int i = 0; i < 4; i++) *optional[i] = jail.start.flags >> i & 1 ? *fds++ : -1;
    memcpy(jail.handed, fds, jail.start.handed * sizeof(int));
    demand(jail.files >= jail.start.handed + JAIL_DESCRIPTORS_SPARE, JAIL_STEP_DESCRIPTORS, EMFILE, 0);
    // What the plan mounts and what came must agree, or a compartment would run without its state.
    demand(namespaces() == (jail.net >= 0), JAIL_STEP_DESCRIPTORS, EBADF, 1);
    int agree = !only(JAIL_STATE).value == (jail.state < 0) && !only(JAIL_NOTIFY).value == (jail.notify < 0);
    demand(!namespaces() || agree, JAIL_STEP_DESCRIPTORS, EBADF, 2);
}

// A detached mount of what the record names. Checks what was opened, not what was named, and mounts
// from that descriptor: nobody can swap the path in between, and no symbolic link is followed.
static int open_source(const struct jail_record *record, uint32_t index) {
    uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
    uint32_t type = record->type;
    enum jail_step step = type == JAIL_STATE ? JAIL_STEP_STATE : type == JAIL_NOTIFY ? JAIL_STEP_NOTIFY
        : type == JAIL_DEVICE ? JAIL_STEP_DEVICE : JAIL_STEP_TREE;
    int fd = type == JAIL_STATE ? jail.state : type == JAIL_NOTIFY ? jail.notify
        : open_path(AT_FDCWD, (const char *)record->value + 4, 0, RESOLVE_NO_SYMLINKS);
    struct stat facts;
    must(fd >= 0 && fstat(fd, &facts) == 0, step, index);
    if (type == JAIL_STATE) {
        demand(S_ISDIR(facts.st_mode), step, ENOTDIR, index);
        attributes &= ~(uint64_t)MOUNT_ATTR_RDONLY;
    } else if (type == JAIL_NOTIFY) {
        demand(S_ISSOCK(facts.st_mode), step, ENOTSOCK, index);
    } else if (type == JAIL_DEVICE) {
        demand(S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(1, jail_u32(record->value)), step, ENODEV, index);
        attributes &= ~(uint64_t)MOUNT_ATTR_NODEV;
    } else {
        demand(S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode), step, EINVAL, index);
        demand(!(facts.st_mode & 022), step, EPERM, index);
        if (jail_u32(record->value) & JAIL_TREE_EXECUTABLE) attributes &= ~(uint64_t)MOUNT_ATTR_NOEXEC;
    }
    // The state is a detached mount already; of the rest the host keeps its own.
    int how = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
    int mount = type == JAIL_STATE ? fd : open_tree(fd, "", how);
    struct mount_attr set = {.attr_set = attributes, .propagation = MS_PRIVATE};
    must(mount >= 0 && mount_setattr(mount, "", AT_EMPTY_PATH, &set, sizeof set) == 0, step, index);
    if (mount != fd) close(fd);
    return mount;
}

static void open_sources(void) {
    struct jail_record record;
    uint32_t index = 0;
    // Looked up with the own uid's reach: nothing behind a directory that only root may pass.
    syscall(SYS_setfsgid, jail.gid), syscall(SYS_setfsuid, jail.uid);
    demand((uint32_t)syscall(SYS_setfsuid, -1) == jail.uid, JAIL_STEP_TREE, EPERM, 0);
    for (each_record(record)) {
        if (record.type >> 4 != JAIL_TREE >> 4) continue;
        int made = record.type == JAIL_FILE || record.type == JAIL_LINK || record.type == JAIL_SCRATCH;
        jail.mounts[index] = made ? -1 : open_source(&record, index), index++;
    }
    syscall(SYS_setfsuid, geteuid()), syscall(SYS_setfsgid, getegid());
}

// Returns only in the child, whose first report is that it exists.
static void clone_and_leave(void) {
    // Our parent becomes the child's, who therefore can open a pidfd of it before anybody reaps it.
    // exit_signal stays 0: with CLONE_PARENT the kernel takes ours. The network namespace was joined
    // before; the cgroup namespace roots in the groups that the supervisor put us in.
    // Not clone3: a container's filter, which cannot see its flags, refuses it whatever they are.
    unsigned long flags = CLONE_PARENT;
    if (namespaces()) {
        flags |= CLONE_NEWNS | CLONE_NEWCGROUP;
        if (stands(JAIL_WALL_PIDS)) flags |= CLONE_NEWPID;
        if (stands(JAIL_WALL_IPC)) flags |= CLONE_NEWIPC | CLONE_NEWUTS;
    }
    long pid = syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
    must(pid >= 0, JAIL_STEP_CLONE, 0);
    if (pid > 0) _exit(0);
    report(JAIL_CLONED, 0, 0, 0);
}

// ---- Pid 1: building the root --------------------------------------------------------------------
static int make_tmpfs(uint64_t bytes, const char *mode, unsigned attributes, enum jail_step step, uint32_t index) {
    char size[24], inodes[24];
    // Inodes cost memory that size= does not count.
    unsigned long long count = bytes / 4096 < 1024 ? 1024 : bytes / 4096 > 65536 ? 65536 : bytes / 4096;
    snprintf(size, sizeof size, "%llu", (unsigned long long)bytes);
    snprintf(inodes, sizeof inodes, "%llu", count);
    const char *const options[][2] = {{"size", size}, {"nr_inodes", inodes}, {"mode", mode}};
    int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    for (int i = 0; i < 3; i++)
        must(fs >= 0 && fsconfig(fs, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0) == 0, step, index);
    must(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0, step, index);
    int mount = fsmount(fs, FSMOUNT_CLOEXEC, attributes);
    must(mount >= 0 && close(fs) == 0, step, index);
    return mount;
}

static const char *leaf(const char *path) { return strrchr(path, '/') + 1; }

// Opens the directory that holds `path`, making what is missing. A component is never a symbolic
// link: until the pivot one inside a mounted tree would lead out, to the host's files.
static int open_parent(const char *path, uint32_t index) {
    const uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    static char parent[JAIL_PATH_MAX];
    size_t length = (size_t)(leaf(path) - path) - 1;
    memcpy(parent, path, length);
    parent[length] = 0;
    int at = open_path(jail.root, length ? parent + 1 : ".", O_DIRECTORY, resolve);
    int missing = at < 0 && errno == ENOENT;
    if (missing) at = open_path(jail.root, ".", O_DIRECTORY, resolve);
    for (char *part = parent + 1, *end; missing && part; part = end ? end + 1 : NULL) {
        end = strchr(part, '/');
        if (end) *end = 0;
        must(mkdirat(at, part, 0755) == 0 || errno == EEXIST, JAIL_STEP_MOUNT, index);
        int next = open_path(at, part, O_DIRECTORY, resolve);
        must(next >= 0 && close(at) == 0, JAIL_STEP_MOUNT, index);
        at = next;
    }
    must(at >= 0, JAIL_STEP_MOUNT, index);
    return at;
}

// Moves a detached mount to `path`, on what is there or on a new empty directory or file.
static void attach(int mount, const char *path, uint32_t index) {
    struct stat facts;
    int parent = open_parent(path, index);
    must(fstat(mount, &facts) == 0, JAIL_STEP_MOUNT, index);
    int made = S_ISDIR(facts.st_mode) ? mkdirat(parent, leaf(path), 0755)
        : mknodat(parent, leaf(path), S_IFREG | 0444, 0);
    must(made == 0 || errno == EEXIST, JAIL_STEP_MOUNT, index);
    int point = open_path(parent, leaf(path), 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    int how = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    must(point >= 0 && move_mount(mount, "", point, "", how) == 0, JAIL_STEP_MOUNT, index);
    close(point), close(parent), close(mount);
}

// A generated file, or a symbolic link when `link` says so.
static void make_entry(const struct jail_record *record, int link, uint32_t index) {
    const char *path = (const char *)record->value, *content = path + strlen(path) + 1;
    size_t length = record->length - (size_t)(content - path);
    int parent = open_parent(path, index), file = -1;
    if (!link) file = openat(parent, leaf(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    int made = link ? symlinkat(content, parent, leaf(path)) == 0
        : file >= 0 && write(file, content, length) == (ssize_t)length;
    must(made, JAIL_STEP_MOUNT, index);
    close(parent), close(file);
}

static void perform_mount(const struct jail_record *record, uint32_t index) {
    const unsigned scratch = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    const char *text = (const char *)record->value;
    switch (record->type) {
    case JAIL_TREE: attach(jail.mounts[index], text + 4 + strlen(text + 4) + 1, index); break;
    case JAIL_DEVICE: attach(jail.mounts[index], text + 4, index); break;
    case JAIL_SCRATCH:
        jail.mounts[index] = make_tmpfs(jail_u64(record->value), "1777", scratch, JAIL_STEP_MOUNT, index);
        attach(jail.mounts[index], text + 8, index);
        break;
    case JAIL_STATE: case JAIL_NOTIFY: attach(jail.mounts[index], text, index); break;
    default: make_entry(record, record->type == JAIL_LINK, index);
    }
}

static void build_root(void) {
    // Private first, recursively: else every mount below would propagate to the host.
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, JAIL_STEP_PROPAGATION, 0);
    if (fresh_root()) {
        jail.root = make_tmpfs(8 << 20, "0755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, JAIL_STEP_ROOT, 0);
        must(move_mount(jail.root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0, JAIL_STEP_ROOT, 1);
        must(fchdir(jail.root) == 0 && mkdirat(jail.root, "proc", 0755) == 0, JAIL_STEP_ROOT, 2);
        struct jail_record record;
        uint32_t index = 0;
        for (each_record(record))
            if (record.type >> 4 == JAIL_TREE >> 4) perform_mount(&record, index++);
        // Both names are the new root: the old one is stacked on it and goes with the detach, so no
        // directory of the host is needed for it, nor left open.
        must(syscall(SYS_pivot_root, ".", ".") == 0, JAIL_STEP_PIVOT, 0);
        must(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0, JAIL_STEP_PIVOT, 1);
    }
    // A new instance, made in the new pid namespace: a bind would show the host's processes.
    const char *options = stands(JAIL_WALL_PIDS) ? "hidepid=2,subset=pid" : NULL;
    must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) == 0, JAIL_STEP_PROC, 0);
    // Read-only last, when nothing is left to make in it.
    struct mount_attr set = {.attr_set = MOUNT_ATTR_RDONLY};
    must(!fresh_root() || mount_setattr(jail.root, "", AT_EMPTY_PATH, &set, sizeof set) == 0, JAIL_STEP_READONLY, 0);
    const char *name = (const char *)only(JAIL_HOSTNAME).value;
    // Without an own UTS namespace this would rename the host.
    if (name && stands(JAIL_WALL_IPC)) must(sethostname(name, strlen(name)) == 0, JAIL_STEP_HOSTNAME, 0);
}

// ---- Pid 1: confining itself ---------------------------------------------------------------------
// The program by its path in the new root, so that /proc/self/exe names nothing of the host; the
// same inode as the file that the supervisor hashed.
static void open_program(void) {
    if (!fresh_root()) return;
    struct stat hashed, inner;
    int fd = open_path(AT_FDCWD, (const char *)only(JAIL_PROGRAM).value, 0, RESOLVE_NO_SYMLINKS);
    must(fd >= 0 && fstat(fd, &inner) == 0 && fstat(jail.program, &hashed) == 0, JAIL_STEP_PROGRAM, 0);
    demand(inner.st_dev == hashed.st_dev && inner.st_ino == hashed.st_ino, JAIL_STEP_PROGRAM, ESTALE, 1);
    jail.program = fd;
}

static int lift(int fd, int above) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, above);
    must(copy >= 0, JAIL_STEP_DESCRIPTORS, (uint32_t)fd);
    return copy;
}

static void place(int fd, int number, int flags) {
    must(dup3(fd, number, flags) == number, JAIL_STEP_DESCRIPTORS, (uint32_t)number);
}

// 0 to 2, the handed ones from 3 on, the control socket behind them, and the program at the number
// that RLIMIT_NOFILE will forbid: the filter allows execveat on that number only, and close-on-exec
// empties it for ever.
static void arrange_descriptors(void) {
    // Everybody first moves to numbers that no place below has, nor the program's place is in.
    int above = jail.files < 512 ? 512 : 256, handed = (int)jail.start.handed;
    int control = lift(jail.control, above), program = lift(jail.program, above);
    jail.control = control;   // a handed one may soon stand where it was
    int input = jail.standard_input >= 0 ? lift(jail.standard_input, above) : -1;
    for (int i = 0; i < handed; i++) jail.handed[i] = lift(jail.handed[i], above);
    if (input >= 0) place(input, 0, 0);
    for (int i = 0; i < handed; i++) place(jail.handed[i], 3 + i, 0);
    place(control, 3 + handed, O_CLOEXEC);
    jail.control = 3 + handed;
    place(program, jail.program = (int)jail.files, O_CLOEXEC);
    // Host namespaces, the plan, mounts: nothing that is not planned goes on.
    must(close_range((unsigned)jail.control + 1, jail.files - 1, 0) == 0, JAIL_STEP_DESCRIPTORS, 0);
    must(close_range(jail.files + 1, ~0u, 0) == 0, JAIL_STEP_DESCRIPTORS, 1);
}

// Rights on files by ABI: 13 at first, then refer, truncate, and ioctl on devices.
static const uint64_t handled_files[] = {0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff, 0xffff, 0xffff};

static void add_path(int fd, uint32_t access, uint32_t index) {
    // Execute includes reading: exec opens for both. Write leaves out execute, devices of any kind
    // and their ioctl. Device has ioctl, because every isatty on /dev/null would be a denial.
    static const uint64_t rights[] = {
        [JAIL_READ] = 1 << 2 | 1 << 3, [JAIL_EXECUTE] = 1 << 0 | 1 << 2 | 1 << 3,
        [JAIL_WRITE] = 0x77be, [JAIL_USE_DEVICE] = 1 << 1 | 1 << 2 | 1 << 15};
    struct stat facts;
    must(fstat(fd, &facts) == 0, JAIL_STEP_RULES, index);
    struct landlock_path rule = {rights[access] & handled_files[jail.abi], fd};
    if (!S_ISDIR(facts.st_mode)) rule.allowed &= 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15;
    must(syscall(SYS_landlock_add_rule, jail.ruleset, 1, &rule, 0) == 0, JAIL_STEP_RULES, index);
}

// Made while still root: a path may lie where the own uid cannot look.
static void make_rules(void) {
    if (!stands(JAIL_WALL_LANDLOCK)) return;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    must(abi >= 1, JAIL_STEP_RULES, 0);
    jail.abi = abi > LANDLOCK_ABI_MAX ? LANDLOCK_ABI_MAX : (int)abi;
    struct landlock_ruleset handled = {handled_files[jail.abi], jail.abi >= 4 ? 3 : 0, jail.abi >= 6 ? 3 : 0};
    size_t size = jail.abi >= 6 ? 24 : jail.abi >= 4 ? 16 : 8;
    jail.ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    must(jail.ruleset >= 0, JAIL_STEP_RULES, 1);
    if (!fresh_root()) add_path(jail.program, JAIL_EXECUTE, 2);
    struct jail_record record;
    uint32_t index = 0;
    for (each_record(record)) {
        if (record.type == JAIL_RULE) {
            int fd = open_path(AT_FDCWD, (const char *)record.value + 4, 0, 0);
            // A twin on the host's root lacks what only the fresh one has: a rule for it allows nothing.
            int absent = fd < 0 && !stands(JAIL_WALL_ROOT) && (errno == ENOENT || errno == ENOTDIR);
            must(fd >= 0 || absent, JAIL_STEP_RULES, index);
            if (fd >= 0) add_path(fd, jail_u32(record.value), index), close(fd);
        } else if ((record.type == JAIL_BIND || record.type == JAIL_CONNECT) && jail.abi >= 4) {
            struct landlock_port rule = {record.type == JAIL_BIND ? 1 : 2, jail_u32(record.value)};
            must(syscall(SYS_landlock_add_rule, jail.ruleset, 2, &rule, 0) == 0, JAIL_STEP_RULES, index);
        }
        index += record.type >> 4 == JAIL_RULE >> 4;
    }
}

static void set_limits(void) {
    struct jail_record record;
    for (each_record(record)) {
        if (record.type != JAIL_LIMIT || !stands(JAIL_WALL_LIMITS)) continue;
        struct rlimit limit = {jail_u64(record.value + 8), jail_u64(record.value + 8)};
        uint32_t resource = jail_u32(record.value);
        must(setrlimit((int)resource, &limit) == 0, JAIL_STEP_LIMITS, resource);
    }
    // A core holds keys: 1 byte is below any file and, unlike 0, stops handlers too (core(5)).
    must(setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}) == 0, JAIL_STEP_LIMITS, RLIMIT_CORE);
}

static void change_identity(int keep) {
    // Groups, then gid, then uid: after the uid none of the others may change any more.
    must((!keep || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0) && syscall(SYS_setgroups, 0, NULL) == 0
        && syscall(SYS_setresgid, jail.gid, jail.gid, jail.gid) == 0
        && syscall(SYS_setresuid, jail.uid, jail.uid, jail.uid) == 0, JAIL_STEP_IDENTITY, 0);
}

// `keep`: only in a twin; all of them, or SYS_ADMIN, without which a filter needs no_new_privs.
static void drop_capabilities(uint64_t keep, int ambient) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    must(syscall(SYS_capget, &header, sets) == 0, JAIL_STEP_CAPABILITIES, 0);
    for (int half = 0; half < 2; half++) {
        sets[half].permitted &= (uint32_t)(keep >> (32 * half));
        sets[half].effective = sets[half].permitted;
        sets[half].inheritable = ambient ? sets[half].permitted : 0;
    }
    must(syscall(SYS_capset, &header, sets) == 0
        && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0, JAIL_STEP_CAPABILITIES, 1);
    for (unsigned long i = 0; ambient && i < 64; i++)
        if (sets[i / 32].permitted >> (i % 32) & 1)
            must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) == 0, JAIL_STEP_CAPABILITIES, 2);
}

static void follow_supervisor(void) {
    // It may have died before the death signal was set; its end of the socket died with it.
    struct pollfd control = {jail.control, 0, 0};
    must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && poll(&control, 1, 0) >= 0, JAIL_STEP_PARENT, 0);
    if (control.revents) _exit(2);
}

static void install_filter(uint32_t type, enum jail_step step) {
    struct jail_record code = only(type);
    // The value lies at any offset; the kernel copies it, so alignment is not needed.
    struct { unsigned short count; const void *code; } program = {(unsigned short)(code.length / 8), code.value};
    must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program) == 0, step, 0);
}

// Every right goes in the one order in which the next step still can be made.
static void confine(void) {
    open_program();
    arrange_descriptors();   // before the limit forbids the program's number
    make_rules();            // before the own uid loses sight of paths
    set_limits();
    int twin = !stands(JAIL_WALL_CAPABILITIES), privileges = stands(JAIL_WALL_PRIVILEGES);
    uint64_t keep = twin ? ~0ull : privileges ? 0 : 1ull << CAP_SYS_ADMIN;
    // The bounding set needs SETPCAP: after the uid change it could not be dropped.
    for (unsigned long i = 0; jail.flags & JAIL_OWN_UID && !twin && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        must(prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0, JAIL_STEP_BOUNDING, (uint32_t)i);
    if (jail.flags & JAIL_OWN_UID && stands(JAIL_WALL_UID)) change_identity(keep != 0);
    drop_capabilities(keep, twin);
    follow_supervisor();     // again: the uid change cleared the death signal
    must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, JAIL_STEP_DUMPABLE, 0);   // exec sets it again
    // MDWE after our own mappings are made; no_new_privs before Landlock and the filters, which
    // demand it of anybody without SYS_ADMIN.
    int wx = stands(JAIL_WALL_WX);
    must(!wx || prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0, JAIL_STEP_WX, 0);
    must(!privileges || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, JAIL_STEP_PRIVILEGES, 0);
    int absent = chdir((const char *)only(JAIL_DIRECTORY).value) < 0;
    if (absent && !stands(JAIL_WALL_ROOT) && errno == ENOENT) absent = chdir("/") < 0;
    must(!absent, JAIL_STEP_DIRECTORY, 0);
    if (!stands(JAIL_WALL_LANDLOCK)) return;
    // Logging is off for what a domain's maker executes unless asked for.
    int flags = jail.abi >= 7 ? LANDLOCK_LOG_NEW_EXEC_ON : 0;
    must(syscall(SYS_landlock_restrict_self, jail.ruleset, flags) == 0, JAIL_STEP_LANDLOCK, 0);
    close(jail.ruleset);
}

// ---- The two that remain -------------------------------------------------------------------------
static _Noreturn void execute(int failure, const sigset_t *empty) {
    must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && setsid() >= 0
        && sigprocmask(SIG_SETMASK, empty, NULL) == 0, JAIL_STEP_SESSION, 0);
    if (failure != jail.control + 1) place(failure, jail.control + 1, O_CLOEXEC);
    jail.failure = jail.control + 1;
    // Whoever planned could not know the pid where there is no own namespace for it.
    static char own[32];
    snprintf(own, sizeof own, "LISTEN_PID=%d", (int)getpid());
    for (char **entry = jail.environment; *entry; entry++)
        if (!strcmp(*entry, "LISTEN_PID=")) *entry = own;
    must(close_range((unsigned)jail.failure + 1, jail.files - 1, 0) == 0, JAIL_STEP_DESCRIPTORS, 2);
    // The filter last: everything above needs calls that it does not have. From here on only
    // write, read, execveat and exit_group.
    if (stands(JAIL_WALL_SECCOMP)) install_filter(JAIL_FILTER, JAIL_STEP_FILTER);
    report(JAIL_VERIFY, 0, jail.abi, 0);
    struct jail_order order;
    ssize_t got = read(jail.control, &order, sizeof order);
    demand(got == sizeof order && order.kind == JAIL_ORDER_GO, JAIL_STEP_GO, ECANCELED, 0);
    if (write(jail.failure, "G", 1) != 1) _exit(2);
    syscall(SYS_execveat, jail.program, "", jail.arguments, jail.environment, AT_EMPTY_PATH);
    fail(JAIL_STEP_EXEC, errno, 0);
}

// Reaps whatever is orphaned; says whether the program itself ended.
static int reap(pid_t program, struct jail_report *last) {
    int status, ended = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != program) continue;
        ended = 1, last->index = WIFSIGNALED(status);
        last->value = last->index ? WTERMSIG(status) : WEXITSTATUS(status);
    }
    return ended;
}

// Uses poll, read, write, wait4, kill and exit_group (and restart_syscall, by the kernel), nothing
// else: its filter is that short. Descriptors: 0 the control socket, 1 signals, 2 how exec went.
static _Noreturn void keep_watch(pid_t program) {
    struct pollfd watched[3] = {{0, 0, 0}, {1, POLLIN, 0}, {2, POLLIN, 0}};
    struct jail_report last = {JAIL_EXITED, 0, 0, 0};
    for (char told = 0, byte = 0;;) {
        if (poll(watched, 3, -1) < 0 && errno == EINTR) continue;
        if (watched[0].revents & ~POLLIN) break;   // no supervisor: nobody watches any more
        if (watched[2].revents) {
            // Before any signal: the pipe closes before the program's end can be heard of. Closed by
            // exec after "G"; anything else ended before it ran.
            if (read(2, &byte, 1) == 1) told = byte;
            else watched[2].fd = -1, watched[0].events = POLLIN;
            if (watched[2].fd < 0 && told == 'G') report(JAIL_STARTED, 0, 0, 0);
            continue;
        }
        struct jail_order order;
        if (watched[0].revents && read(0, &order, sizeof order) == sizeof order
            && order.kind == JAIL_ORDER_SIGNAL && order.value - 1 < 31) kill(program, (int)order.value);
        struct signalfd_siginfo info = {0};
        if (watched[1].revents && read(1, &info, sizeof info) != sizeof info) _exit(2);
        if (info.ssi_signo && info.ssi_signo != SIGCHLD) kill(program, (int)info.ssi_signo);
        if (info.ssi_signo != SIGCHLD || !reap(program, &last)) continue;
        kill(-program, SIGKILL);   // the namespace ends with us; without one its session does
        if (told != 'F' && write(0, &last, sizeof last) != sizeof last) _exit(2);
        _exit(last.index ? 128 + last.value : last.value);
    }
    kill(-program, SIGKILL);
    _exit(2);
}

static _Noreturn void become_init(void) {
    sigset_t watched, empty;
    sigemptyset(&empty), sigemptyset(&watched);
    const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    for (int i = 0; i < 7; i++) sigaddset(&watched, numbers[i]);
    // Blocked before the fork, or an early SIGCHLD is lost; blocked at all, because the init of a
    // namespace without a handler never sees a signal that it does not block.
    int ends[2], signals = signalfd(-1, &watched, SFD_CLOEXEC);
    must(signals >= 0 && sigprocmask(SIG_SETMASK, &watched, NULL) == 0 && pipe2(ends, O_CLOEXEC) == 0, JAIL_STEP_FORK, 0);
    pid_t program = fork();
    must(program >= 0, JAIL_STEP_FORK, 1);
    if (program == 0) execute(ends[1], &empty);
    // The log, the handed descriptors and the program are not for us.
    place(jail.control, 0, 0), place(signals, 1, 0), place(ends[0], 2, 0);
    jail.control = 0;
    must(close_range(3, ~0u, 0) == 0, JAIL_STEP_FORK, 2);
    drop_capabilities(0, 0);   // a twin's too: neither these two are for us
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, JAIL_STEP_PRIVILEGES, 1);
    install_filter(JAIL_INIT_FILTER, JAIL_STEP_INIT_FILTER);
    keep_watch(program);
}

int main(void) {
    jail.control = 3, jail.failure = -1, jail.ruleset = -1;
    must(close_range(4, ~0u, 0) == 0, JAIL_STEP_DESCRIPTORS, 0);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);   // KILL, STOP refuse
    int fds[JAIL_DESCRIPTORS_MAX];
    receive_start(fds), read_plan(fds[0]), take_descriptors(fds);
    // Room for a descriptor per mount and for the program's number.
    struct rlimit files;
    must(getrlimit(RLIMIT_NOFILE, &files) == 0, JAIL_STEP_LIMITS, 0);
    files.rlim_cur = files.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &files) == 0, JAIL_STEP_LIMITS, 1);
    must(jail.net < 0 || setns(jail.net, CLONE_NEWNET) == 0, JAIL_STEP_NETWORK, 0);
    umask(0);
    if (fresh_root()) open_sources();   // host paths: before the host is out of sight
    clone_and_leave();
    follow_supervisor();
    int init = namespaces() && stands(JAIL_WALL_PIDS);
    must(init || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, JAIL_STEP_SESSION, 1);
    if (namespaces()) build_root();
    must(setsid() >= 0, JAIL_STEP_SESSION, 2);
    umask(077), confine(), become_init();
}
