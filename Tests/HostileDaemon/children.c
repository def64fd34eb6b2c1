// Children that survive it.
#include "hostile.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEP_NANOSECONDS = 20 * 1000 * 1000 };

static int has(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length) {
        int begins = at == words || at[-1] == ',';
        if (begins && (at[length] == 0 || at[length] == ',')) return 1;
    }
    return 0;
}

/// The child runs this program again, so that what others see of it is its own.
static _Noreturn void become(const char *words) {
    char *arguments[] = {"rbee-hostile-child", "--be-child", (char *)words, NULL};
    char *nothing[] = {NULL};
    if (has(words, "session")) setsid();
    if (has(words, "locked")) fcntl(self.lock, F_SETFD, 0);
    execve("/proc/self/exe", arguments, has(words, "scrubbed") ? nothing : environ);
    _exit(EXIT_SYSTEM);
}

void start_child(const char *words) {
    pid_t pid = fork();
    if (pid < 0) refuse("fork");
    if (pid > 0 && !has(words, "orphan")) return;
    if (pid > 0) {
        waitpid(pid, NULL, 0);
        return;
    }
    // Twice: the one between ends, and what it started is nobody's child.
    if (has(words, "orphan") && fork() != 0) _exit(0);
    become(words);
}

_Noreturn void be_child(const char *words) {
    struct timespec step = {.tv_nsec = STEP_NANOSECONDS};
    if (has(words, "stubborn")) signal(SIGTERM, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    while (!has(words, "moving")) pause();
    for (;;) {
        nanosleep(&step, NULL);
        if (fork() > 0) _exit(0);
    }
}
