#include "CPlatform.h"

#include <errno.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int rbee_pidfd_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int rbee_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int rbee_poll_readable(int descriptor, int timeout_milliseconds) {
    struct pollfd one = {.fd = descriptor, .events = POLLIN};
    int result;
    do {
        result = poll(&one, 1, timeout_milliseconds);
    } while (result < 0 && errno == EINTR);
    return result;
}

int rbee_wait_pidfd(int pidfd, int nohang, int *code, int *status) {
    siginfo_t info = {0};
    int result;
    do {
        result = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | (nohang ? WNOHANG : 0));
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    if (info.si_pid == 0) return 0;
    *code = info.si_code != CLD_EXITED;
    *status = info.si_status;
    return 1;
}

int rbee_close_range(unsigned int first, unsigned int last, int cloexec_only) {
    return (int)syscall(SYS_close_range, first, last, cloexec_only ? CLOSE_RANGE_CLOEXEC : 0);
}

int rbee_set_subreaper(int on) {
    return prctl(PR_SET_CHILD_SUBREAPER, on);
}

int rbee_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal);
}

int rbee_set_thread_name(const char *name) {
    return prctl(PR_SET_NAME, name);
}
