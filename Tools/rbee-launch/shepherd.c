// The parent of one daemon.
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// What this shepherd holds. -1 for a descriptor it does not have.
struct herd {
    const struct spec *spec;
    uint32_t index;
    int outcomes;
    int signals;
    int lock;
    /// Where the child writes: a file, or the pump's pipe until the child has it.
    int output;
    int pump;
    pid_t child;
    int status;
    int ended;
    /// Nothing is left of the tree.
    int is_childless;
    /// When the tree is killed that was asked to end, in monotonic milliseconds; 0 as long as it was not.
    long long deadline;
    char lock_variable[32];
};

static void tell_launcher(struct herd *herd, uint32_t code) {
    if (herd->outcomes < 0) return;
    struct outcome outcome = {.index = herd->index, .code = code};
    ssize_t ignored = write(herd->outcomes, &outcome, sizeof outcome);
    (void)ignored;
    close(herd->outcomes);
}

/// The lock is free before the starter hears of it, so that it can try again at once.
static _Noreturn void fail(struct herd *herd, const char *stage, int number) {
    if (herd->lock >= 0) close(herd->lock);
    report("%s error %s %d", herd->spec->id, stage, number);
    tell_launcher(herd, SOME_FAILED);
    _exit(SOME_FAILED);
}

/// Leaves the starter's session, directory and error stream, and learns of children, and of requests to end, through a descriptor.
static void settle(struct herd *herd) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (setsid() < 0 || chdir("/") < 0 || null < 0 || dup2(null, STDERR_FILENO) < 0) fail(herd, "session", errno);
    // Whoever stays is not to keep the launcher's input open: a launcher that is gone is to be seen.
    if (herd->spec->stays && dup2(null, STDIN_FILENO) < 0) fail(herd, "session", errno);
    close(null);
    prctl(PR_SET_NAME, herd->spec->guard ? "rbee-guard" : "rbee-shepherd");
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    // Whoever asks an owner to end, ends what it owns.
    for (int index = 0; herd->spec->owned && index < 4; index++) sigaddset(&watched, (int[]){SIGTERM, SIGINT, SIGHUP, SIGQUIT}[index]);
    if (sigprocmask(SIG_BLOCK, &watched, NULL) < 0) fail(herd, "signals", errno);
    herd->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (herd->signals < 0) fail(herd, "signals", errno);
    if (herd->spec->owned && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) fail(herd, "subreaper", errno);
}

static void lock(struct herd *herd) {
    if (herd->spec->lock == NULL) return;
    enum lock_result result = take_lock(herd->spec->lock, &herd->lock);
    if (result == LOCK_FAILED) fail(herd, "lock", errno);
    // Somebody may have come and gone since the starter looked: how that went is for it to see before it starts another.
    int is_news = result == LOCKED && herd->spec->after != NULL && !is_signed_by(herd->lock, herd->spec->after);
    if (result == LOCKED && !is_news) return;
    if (is_news) close(herd->lock);
    report("%s lost", herd->spec->id);
    tell_launcher(herd, SOME_LOST);
    _exit(SOME_LOST);
}

/// The file is the loser's to leave alone: it is opened, and emptied, only under the lock.
static void open_output(struct herd *herd) {
    const char *path = herd->spec->out;
    int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    herd->output = open(path, flags, 0600);
    if (herd->output < 0) fail(herd, "out", errno);
    struct stat about;
    if (fstat(herd->output, &about) == 0 && !S_ISREG(about.st_mode)) fail(herd, "out", EINVAL);
    if (ftruncate(herd->output, 0) < 0 || fcntl(herd->output, F_SETFL, O_APPEND) < 0) fail(herd, "out", errno);
}

static void open_pump(struct herd *herd) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) fail(herd, "pipe", errno);
    if (pump_open(ends[0], herd->spec->log) < 0) fail(herd, "log", errno);
    herd->pump = ends[0];
    herd->output = ends[1];
}

/// "RBEE_LOCK_FD=n" into the place that was left for it.
static void name_lock(struct herd *herd) {
    if (herd->lock < 0 || herd->spec->guard) return;
    snprintf(herd->lock_variable, sizeof herd->lock_variable, "RBEE_LOCK_FD=%d", herd->lock);
    herd->spec->environment[herd->spec->environment_count] = herd->lock_variable;
}

static void record(struct herd *herd, const struct fault *fault) {
    struct ending ending = {.pid = herd->child, .status = herd->status, .fault = fault, .output = herd->pump < 0 ? herd->output : -1};
    record_ending(herd->spec, &ending);
}

/// Forks the child and waits until its program runs or it has said why not.
static void start(struct herd *herd) {
    int faults[2];
    struct fault fault = {.stage = "start"};
    if (pipe2(faults, O_CLOEXEC) < 0) fail(herd, "pipe", errno);
    struct birth birth = {.parent = getpid(), .lock = herd->lock, .output = herd->output, .fault = faults[1]};
    // Nothing of ours is copied for a program that replaces it at once; we rest until then, which we would do anyway.
    herd->child = vfork();
    if (herd->child == 0) become(herd->spec, &birth);
    if (herd->child < 0) fail(herd, "fork", errno);
    close(faults[1]);
    ssize_t length;
    do {
        length = read(faults[0], &fault, sizeof fault);
    } while (length < 0 && errno == EINTR);
    close(faults[0]);
    if (length == 0) return;
    waitpid(herd->child, &herd->status, 0);
    record(herd, &fault);
    fail(herd, fault.stage, fault.number);
}

/// Reaps what has ended; a subreaper's children are not all its own.
static void collect(struct herd *herd) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != herd->child) continue;
        herd->status = status;
        herd->ended = 1;
    }
    herd->is_childless = pid < 0;
}

/// Takes the signals that came. Whether one of them asks us to end.
static int take_signals(struct herd *herd) {
    struct signalfd_siginfo info;
    int asked = 0;
    while (read(herd->signals, &info, sizeof info) == (ssize_t)sizeof info) asked |= info.ssi_signo != SIGCHLD;
    return asked;
}

static void pump_once(struct pollfd *source) {
    // The end of the output is not the end of the program.
    if (source->revents != 0 && pump_take() == OUTPUT_ENDED) source->fd = -1;
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/// Asks the program's group to end, once. Whether there is time for it to do so.
static int ask_to_end(struct herd *herd) {
    if (herd->deadline != 0 || herd->spec->term == 0) return 0;
    herd->deadline = now() + herd->spec->term;
    // It is a group's leader since before it was reported, and its number is its own until it is reaped.
    kill(-herd->child, SIGTERM);
    kill(-herd->child, SIGCONT);
    return 1;
}

/// Whether the guard's work is done: without a request, once the program has ended; after one, once its whole tree has, or its time is over.
static int is_over(const struct herd *herd) {
    if (herd->deadline == 0) return herd->ended;
    return herd->is_childless || now() >= herd->deadline;
}

static int patience(const struct herd *herd) {
    int pump = pump_patience();
    if (herd->deadline == 0) return pump;
    long long left = herd->deadline - now();
    if (left < 0) left = 0;
    return pump >= 0 && pump < left ? pump : (int)left;
}

/// Returns when the child has ended, or when it must.
static void watch(struct herd *herd) {
    struct pollfd watched[] = {
        {.fd = herd->signals, .events = POLLIN},
        {.fd = herd->spec->stays ? -1 : STDIN_FILENO, .events = POLLRDHUP},
        {.fd = herd->pump, .events = POLLIN},
    };
    for (;;) {
        int ready = poll(watched, 3, patience(herd));
        if (ready < 0) continue;
        if (ready == 0) pump_idle();
        int asked = watched[0].revents != 0 && take_signals(herd);
        collect(herd);
        if (is_over(herd) || (asked && !ask_to_end(herd))) return;
        pump_once(&watched[2]);
        if (watched[1].revents == 0) continue;
        // Nobody listens any more: a daemon goes on without us, what is owned ends.
        if (!herd->spec->owned) _exit(0);
        return;
    }
}

/// Ends what is left of the tree. Records first and frees the lock then: whoever sees it free finds how the last one ended. The report comes after both.
static _Noreturn void finish(struct herd *herd) {
    if (!herd->ended) herd->status = SIGKILL;
    if (herd->spec->owned && !herd->is_childless) end_tree(herd->ended ? -1 : herd->child, &herd->status);
    if (herd->pump >= 0) pump_finish();
    // Whoever had it ended, and hears so now, needs no record.
    if (herd->deadline == 0 || !is_heard()) record(herd, NULL);
    if (herd->lock >= 0) close(herd->lock);
    if (WIFSIGNALED(herd->status)) {
        report("%s signal %d", herd->spec->id, WTERMSIG(herd->status));
    } else {
        report("%s exit %d", herd->spec->id, WEXITSTATUS(herd->status));
    }
    _exit(0);
}

_Noreturn void shepherd(const struct spec *spec, uint32_t index, int outcomes) {
    struct herd herd = {.spec = spec, .index = index, .outcomes = outcomes, .signals = -1, .lock = -1, .output = -1, .pump = -1};
    settle(&herd);
    lock(&herd);
    if (spec->out != NULL) open_output(&herd);
    if (spec->guard) open_pump(&herd);
    name_lock(&herd);
    start(&herd);
    if (herd.pump >= 0) close(herd.output);
    report("%s pid %d %llu", spec->id, (int)herd.child, start_ticks(herd.child));
    tell_launcher(&herd, ALL_STARTED);
    watch(&herd);
    finish(&herd);
}
