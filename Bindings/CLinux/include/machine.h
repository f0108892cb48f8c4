// What this kernel can do, found by trying it where nobody notices. 0 or a number, else -errno.
#pragma once
#include <stdint.h>

// Starts and ends a child in new namespaces (CLONE_NEW* flags).
int bh_probe_namespaces(uint64_t flags);
enum bh_call { BH_CALL_OPENAT2, BH_CALL_MOUNT_API, BH_CALL_MOUNT_ATTRIBUTES, BH_CALL_PIDFD, BH_CALL_CLOSE_RANGE };
int bh_probe_call(enum bh_call call);
int bh_landlock_abi(void);
int bh_landlock_errata(void);
int bh_seccomp_action(uint32_t action);
int bh_seccomp_log(void);
// Memory that is never writable and executable, asked of the calling process.
int bh_probe_mdwe(void);
int bh_probe_seals(void);
int bh_probe_loop(void);
// Whether kernel settings of networks can be written.
int bh_probe_settings(void);
// The kernel's audit: 1 running, 0 off, or -errno.
int bh_probe_audit(void);
enum bh_network { BH_NETWORK_NFTABLES, BH_NETWORK_NFLOG, BH_NETWORK_CONNTRACK, BH_NETWORK_DESTROY, BH_NETWORK_VETH };
// Tries one thing in a child with a network namespace of its own, which ends with the child.
int bh_probe_network(enum bh_network what);
