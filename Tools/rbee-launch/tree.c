// The end of a whole tree.
//
// We are a subreaper: whoever loses its parent beneath us becomes our child. So it is enough to kill our own children and to reap them until there
// are none: each one's children come to us before we hear of its end. A child of ours keeps its number until we reap it, so no stranger is ever hit.
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Without any of them ending in this time (stuck in the kernel, or not ours to kill) they are left.
enum { PATIENCE_SECONDS = 10, LOOK_AGAIN_MILLISECONDS = 10 };

static int kill_listed(FILE *list) {
    int pid;
    while (fscanf(list, "%d", &pid) == 1) {
        if (pid > 1) kill(pid, SIGKILL);
    }
    return fclose(list);
}

static int parent_of(pid_t pid) {
    char path[32];
    char line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    if (length <= 0) return -1;
    line[length] = 0;
    char *name_end = strrchr(line, ')');
    int parent;
    return name_end != NULL && sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : -1;
}

/// For kernels without /proc/PID/task/TID/children.
static void kill_scanned(void) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) return;
    struct dirent *entry;
    while ((entry = readdir(processes)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 1 && parent_of(pid) == getpid()) kill(pid, SIGKILL);
    }
    closedir(processes);
}

static void kill_children(void) {
    FILE *list = fopen("/proc/thread-self/children", "re");
    if (list != NULL) {
        kill_listed(list);
    } else {
        kill_scanned();
    }
}

/// Reaps whoever has ended. The number of them, or -1 when there are no children left.
static int reap(pid_t child, int *status) {
    for (int count = 0;; count++) {
        int end;
        pid_t pid = waitpid(-1, &end, WNOHANG);
        if (pid == 0) return count;
        if (pid < 0) return errno == ECHILD ? -1 : count;
        if (pid == child) *status = end;
    }
}

/// Waits for the next child to end, at most until it is time to look for newcomers.
static void wait_for_end(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    struct timespec limit = {.tv_nsec = LOOK_AGAIN_MILLISECONDS * 1000000L};
    sigtimedwait(&ends, NULL, &limit);
}

static time_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

void end_tree(pid_t child, int *status) {
    time_t progress = now();
    while (now() - progress <= PATIENCE_SECONDS) {
        kill_children();
        int count = reap(child, status);
        if (count < 0) return;
        if (count > 0) progress = now();
        if (count == 0) wait_for_end();
    }
}
