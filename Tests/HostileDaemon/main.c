// The start, in order.
#include "hostile.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/// One write, so that lines of many starts stay whole.
static void count_start(void) {
    char line[128];
    if (options.count == NULL) return;
    int file = open(options.count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int length = snprintf(line, sizeof line, "%d %s\n", (int)self.pid, self.nonce);
    if (file < 0 || write(file, line, (size_t)length) != length) refuse(options.count);
    close(file);
}

static void flood(long bytes) {
    char line[100];
    memset(line, 'f', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (long written = 0; written < bytes; written += (long)sizeof line) {
        if (write(STDERR_FILENO, line, sizeof line) < 0) return;
    }
}

static void die(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal((int)options.signal, SIG_DFL);
    raise((int)options.signal);
}

/// Goes on as another process, in a session of its own. The lock comes along, what its line says does not.
static void leave(void) {
    pid_t pid = fork();
    if (pid < 0) refuse("fork");
    if (pid > 0) _exit(0);
    setsid();
    self.pid = getpid();
}

/// The kernel shows the memory that the variables were in.
static void forget(void) {
    for (char **entry = environ; *entry != NULL; entry++) memset(*entry, 0, strlen(*entry));
}

static void extend(void) {
    char text[64];
    if (options.extend < 0) return;
    snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%ld", options.extend * 1000);
    notify(text);
}

static void misbehave(void) {
    count_start();
    extend();
    if (options.lie) notify("READY=1");
    if (options.say != NULL) fprintf(stderr, "%s\n", options.say);
    if (options.flood > 0) flood(options.flood);
    if (options.close_streams) close_range(0, 2, 0);
    for (size_t index = 0; index < options.child_count; index++) start_child(options.children[index]);
    if (options.signal > 0) die();
    if (options.exit >= 0) exit((int)options.exit);
    if (options.leave) leave();
    if (options.forget) {
        self.owner = self.owner != NULL ? strdup(self.owner) : NULL;
        self.notify = self.notify != NULL ? strdup(self.notify) : NULL;
        forget();
    }
}

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "--be-child") == 0) be_child(arguments[2]);
    parse_options(count, arguments);
    // Before anything of its own: what it has now is what it was given.
    if (options.freeze) raise(SIGSTOP);
    signal(SIGPIPE, SIG_IGN);
    if (options.ignore_term) {
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
    }
    take_place();
    misbehave();
    serve();
}
