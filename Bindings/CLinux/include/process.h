// Watching processes by pidfd, and signing messages with the sender's pid. Errors are -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int bh_pidfd_signal(int pidfd, int signal);
// Reaps by pidfd without waiting: 1 with code (CLD_EXITED, CLD_KILLED, CLD_DUMPED) and status, or 0.
int bh_pidfd_reap(int pidfd, int *code, int *status);
// The kernel adds the sender's pid and uid, as this side's namespaces see them, to each message.
int bh_pass_credentials(int socket);
