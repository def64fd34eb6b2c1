// A process that has nothing to do with any daemon. It sleeps, and tells of every signal that it can see: the number, one byte, on its output;
// first of all a zero, when it sees them. It ends when its input does. What it cannot see, SIGKILL and SIGSTOP, others see.
//
//   rbee-bystander        as a process with whatever number the kernel gives it
//   rbee-bystander PID    as the process with this number, while the first one waits for it: exit status 71 when the number cannot be had
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NUMBER_NOT_GIVEN = 71 };

static void tell(uint8_t number) {
    if (write(STDOUT_FILENO, &number, 1) != 1) _exit(1);
}

static _Noreturn void stand_by(int signals) {
    struct pollfd watched[] = {{.fd = signals, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    tell(0);
    for (;;) {
        if (poll(watched, 2, -1) < 0) _exit(1);
        struct signalfd_siginfo info;
        if (watched[0].revents != 0 && read(signals, &info, sizeof info) == (ssize_t)sizeof info) tell((uint8_t)info.ssi_signo);
        if (watched[1].revents != 0) _exit(0);
    }
}

/// Goes on as a child with the number, and waits for it.
static void become(pid_t number) {
    pid_t wanted[] = {number};
    struct clone_args arguments = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)wanted, .set_tid_size = 1};
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) _exit(NUMBER_NOT_GIVEN);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return;
    }
    int status;
    while (waitpid((pid_t)pid, &status, 0) < 0 && errno == EINTR) {}
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

int main(int count, char **words) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    if (count > 1) become((pid_t)strtol(words[1], NULL, 10));
    int signals = signalfd(-1, &all, SFD_CLOEXEC);
    if (signals < 0) return 1;
    stand_by(signals);
}
