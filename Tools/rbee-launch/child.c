// Between fork and exec.
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void fail(const struct birth *birth, const char *stage) {
    struct fault fault = {.number = errno};
    strncpy(fault.stage, stage, sizeof fault.stage - 1);
    ssize_t ignored = write(birth->fault, &fault, sizeof fault);
    (void)ignored;
    _exit(127);
}

/// The shepherd may have died before the death signal was armed; then nobody would send it.
static int bind_to_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return -1;
    if (getppid() == parent) return 0;
    errno = ESRCH;
    return -1;
}

static int set_streams(int output) {
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) return -1;
    if (output < 0) output = null;
    if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) return -1;
    return null > STDERR_FILENO ? close(null) : 0;
}

/// A program that was written a moment ago may still be open for writing, in a process that whoever wrote it has forked meanwhile.
static void run(const struct spec *spec) {
    struct timespec pause = {.tv_nsec = 10 * 1000000L};
    for (int round = 0; round < 100; round++) {
        execve(spec->exe, spec->arguments, spec->environment);
        if (errno != ETXTBSY) return;
        nanosleep(&pause, NULL);
    }
    errno = ETXTBSY;
}

_Noreturn void become(const struct spec *spec, const struct birth *birth) {
    if (spec->owned && bind_to_parent(birth->parent) < 0) fail(birth, "parent");
    // First: whatever fails from here on is known by its nonce to those who wait.
    if (birth->lock >= 0 && write_lock_line(birth->lock, spec->nonce) < 0) fail(birth, "lock-line");
    if (set_streams(birth->output) < 0) fail(birth, "streams");
    if (close_all_but(birth->lock, birth->fault) < 0) fail(birth, "descriptors");
    if (setsid() < 0) fail(birth, "session");
    umask(077);
    if (chdir(spec->cwd) < 0) fail(birth, "cwd");
    if (birth->lock >= 0 && !spec->guard && fcntl(birth->lock, F_SETFD, 0) < 0) fail(birth, "lock");
    reset_signals();
    run(spec);
    fail(birth, "exec");
}
