// What a process says of itself and inherits.
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void reset_signals(void) {
    // A handler is reset by exec, but "ignored" is inherited across it. The library keeps two signals to itself that some starters leave ignored:
    // so the kernel is asked directly, with its own, empty, structure. The two that cannot be changed refuse, which is right.
    unsigned long defaults[8] = {0};
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, defaults, NULL, (size_t)8);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

unsigned long long start_ticks(pid_t pid) {
    char path[32] = "/proc/self/stat";
    char line[4096];
    if (pid > 0) snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    if (length <= 0) return 0;
    line[length] = 0;
    // The name, field 2, may hold anything; what follows its last parenthesis begins with field 3.
    char *at = strrchr(line, ')');
    for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

static int close_between(int first, int last) {
    return first > last ? 0 : (int)syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0);
}

int close_all_but(int first, int second) {
    int low = first < second ? first : second;
    int high = first < second ? second : first;
    if (low < 3) low = 2;
    if (high < 3) high = 2;
    if (close_between(3, low - 1) < 0) return -1;
    if (close_between(low + 1, high - 1) < 0) return -1;
    return close_between(high + 1, INT_MAX);
}

int open_standard_descriptors(void) {
    int descriptor;
    do {
        descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO && fcntl(descriptor, F_SETFD, 0) == 0);
    if (descriptor < 0) return -1;
    close(descriptor);
    return 0;
}
