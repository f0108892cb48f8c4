#define _GNU_SOURCE
#include "include/machine.h"
#include "include/descriptor.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/sock_diag.h>
#include <linux/veth.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

// The child's answer travels in its exit status, which has room for every errno that netlink knows.
static int in_child(uint64_t flags, int (*body)(int), int argument) {
    // As the jail does it: clone3 is refused where a filter cannot see its flags.
    long pid = syscall(SYS_clone, (unsigned long)flags | SIGCHLD, NULL, NULL, NULL, 0);
    if (pid < 0) return -errno;
    if (pid == 0) {
        int result = body ? body(argument) : 0;
        syscall(SYS_exit_group, result < 0 && result > -250 ? -result : result < 0 ? EIO : 0);
    }
    int status = 0;
    pid_t ended;
    do ended = waitpid((pid_t)pid, &status, 0); while (ended < 0 && errno == EINTR);
    if (ended < 0) return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int bh_probe_namespaces(uint64_t flags) { return in_child(flags, NULL, 0); }

// Arguments that no kernel accepts: ENOSYS alone means that the call is not there.
int bh_probe_call(enum bh_call call) {
    long result = 0;
    switch (call) {
    case BH_CALL_OPENAT2: result = syscall(SYS_openat2, -1, "", NULL, 0); break;
    case BH_CALL_MOUNT_API: result = syscall(SYS_open_tree, -1, "", 0u); break;
    case BH_CALL_MOUNT_ATTRIBUTES: result = syscall(SYS_mount_setattr, -1, "", 0u, NULL, 0); break;
    case BH_CALL_PIDFD: result = syscall(SYS_pidfd_open, -1, 0u); break;
    case BH_CALL_CLOSE_RANGE: result = syscall(SYS_close_range, 1u, 0u, 0u); break;
    }
    return result < 0 && errno == ENOSYS ? -ENOSYS : 0;
}

static int landlock(unsigned flags) {
    long result = syscall(SYS_landlock_create_ruleset, NULL, 0, flags);
    return result < 0 ? -errno : (int)result;
}

int bh_landlock_abi(void) { return landlock(1); }
int bh_landlock_errata(void) { return landlock(2); }

int bh_seccomp_action(uint32_t action) {
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ? -errno : 0;
}

// A filter at no address: EFAULT says that the flag was accepted before it was looked for.
int bh_seccomp_log(void) {
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, NULL);
    return result < 0 && errno == EFAULT ? 0 : result < 0 ? -errno : -EINVAL;
}

int bh_probe_mdwe(void) {
    enum { GET_MDWE = 66 };
    return prctl(GET_MDWE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int bh_probe_seals(void) {
    int fd = bh_memfd("probe");
    if (fd < 0) return fd;
    int result = bh_seal(fd);
    close(fd);
    return result;
}

int bh_probe_loop(void) {
    int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (fd < 0) return -errno;
    // A container's stand-in opens as well; the device itself has this number.
    struct stat facts;
    int real = fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(10, 237);
    close(fd);
    return real ? 0 : -ENODEV;
}

int bh_probe_settings(void) {
    // Opened, not written: a read-only mount refuses already that.
    int fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    close(fd);
    return 0;
}

// One request, and the error number of its acknowledgement; any other answer is a success.
static int ask(int protocol, void *message, size_t bytes, void *answer, size_t room) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0) return -errno;
    struct timeval limit = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int result = 0;
    if (sendto(fd, message, bytes, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) result = -errno;
    _Alignas(struct nlmsghdr) char buffer[8192];
    ssize_t got = result < 0 ? 0 : recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) result = -errno;
    for (struct nlmsghdr *header = (void *)buffer; got > 0 && NLMSG_OK(header, (size_t)got);
         header = NLMSG_NEXT(header, got)) {
        if (header->nlmsg_type == NLMSG_ERROR) {
            result = ((struct nlmsgerr *)NLMSG_DATA(header))->error;
            if (result < 0) break;
        } else if (answer && NLMSG_PAYLOAD(header, 0) >= room) {
            memcpy(answer, NLMSG_DATA(header), room);
        }
    }
    close(fd);
    return result;
}

struct message { _Alignas(8) char bytes[1024]; size_t used; };

static struct nlmsghdr *begin(struct message *all, int type, int flags) {
    struct nlmsghdr *header = (void *)(all->bytes + all->used);
    *header = (struct nlmsghdr){.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = (uint16_t)type,
                                .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};
    all->used += NLMSG_HDRLEN;
    return header;
}

static void *grow(struct message *all, struct nlmsghdr *header, size_t bytes) {
    void *place = all->bytes + all->used;
    all->used += NLMSG_ALIGN(bytes);
    header->nlmsg_len += (uint32_t)NLMSG_ALIGN(bytes);
    return memset(place, 0, NLMSG_ALIGN(bytes));
}

static void family(struct message *all, struct nlmsghdr *header, uint8_t number, uint16_t resource) {
    struct nfgenmsg *general = grow(all, header, sizeof *general);
    *general = (struct nfgenmsg){.nfgen_family = number, .res_id = htons(resource)};
}

static void attribute(struct message *all, struct nlmsghdr *header, int type, const void *value, size_t bytes) {
    struct nlattr *place = grow(all, header, sizeof *place + bytes);
    *place = (struct nlattr){(uint16_t)(sizeof *place + bytes), (uint16_t)type};
    memcpy(place + 1, value, bytes);
}

static int nftables(void) {
    struct message all = {.used = 0};
    family(&all, begin(&all, NFNL_MSG_BATCH_BEGIN, 0), AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    struct nlmsghdr *table = begin(&all, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK);
    family(&all, table, NFPROTO_INET, 0);
    attribute(&all, table, NFTA_TABLE_NAME, "probe", sizeof "probe");
    family(&all, begin(&all, NFNL_MSG_BATCH_END, 0), AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    return ask(NETLINK_NETFILTER, all.bytes, all.used, NULL, 0);
}

static int nflog(void) {
    struct message all = {.used = 0};
    struct nlmsghdr *header = begin(&all, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK);
    family(&all, header, AF_UNSPEC, 1);
    struct nfulnl_msg_config_cmd bind = {NFULNL_CFG_CMD_BIND};
    attribute(&all, header, NFULA_CFG_CMD, &bind, sizeof bind);
    return ask(NETLINK_NETFILTER, all.bytes, all.used, NULL, 0);
}

static int conntrack(void) {
    struct message all = {.used = 0};
    struct nlmsghdr *header = begin(&all, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, NLM_F_DUMP);
    family(&all, header, AF_INET, 0);
    return ask(NETLINK_NETFILTER, all.bytes, all.used, NULL, 0);
}

// There is no such socket: ENOENT is the answer of a kernel that could have ended it.
static int destroy(void) {
    enum { DESTROY = 21 };
    struct message all = {.used = 0};
    struct nlmsghdr *header = begin(&all, DESTROY, NLM_F_ACK);
    struct inet_diag_req_v2 *request = grow(&all, header, sizeof *request);
    *request = (struct inet_diag_req_v2){.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u};
    request->id.idiag_sport = request->id.idiag_dport = htons(1);
    request->id.idiag_cookie[0] = request->id.idiag_cookie[1] = ~0u;
    int result = ask(NETLINK_SOCK_DIAG, all.bytes, all.used, NULL, 0);
    return result == -ENOENT ? 0 : result;
}

static int veth(void) {
    struct message all = {.used = 0};
    struct nlmsghdr *header = begin(&all, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
    grow(&all, header, sizeof(struct ifinfomsg));
    struct nlattr *info = grow(&all, header, sizeof *info);
    attribute(&all, header, IFLA_INFO_KIND, "veth", 4);
    *info = (struct nlattr){(uint16_t)(all.bytes + all.used - (char *)info), IFLA_LINKINFO};
    return ask(NETLINK_ROUTE, all.bytes, all.used, NULL, 0);
}

static int network(int what) {
    switch ((enum bh_network)what) {
    case BH_NETWORK_NFTABLES: return nftables();
    case BH_NETWORK_NFLOG: return nflog();
    case BH_NETWORK_CONNTRACK: return conntrack();
    case BH_NETWORK_DESTROY: return destroy();
    case BH_NETWORK_VETH: return veth();
    }
    return -EINVAL;
}

int bh_probe_network(enum bh_network what) {
    uint64_t flags = CLONE_NEWNET | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
    return in_child(flags, network, (int)what);
}

int bh_probe_audit(void) {
    struct message all = {.used = 0};
    begin(&all, AUDIT_GET, NLM_F_ACK);
    struct audit_status status = {0};
    int result = ask(NETLINK_AUDIT, all.bytes, all.used, &status, offsetof(struct audit_status, backlog));
    return result < 0 ? result : status.enabled != 0;
}
