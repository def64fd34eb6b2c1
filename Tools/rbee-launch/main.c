// The launcher: reads specs, forks shepherds, leaves with their first reports.
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: rbee-launch < specs\n"
    "\n"
    "Starts daemons detached from the caller. rbee's own programs call it; there is nothing in it for people to call.\n"
    "A spec is a row of NUL-terminated fields key=value ended by an empty field; the field \"end\" ends the batch, \"more\" announces another:\n"
    "  id exe arg... env... [lock nonce] [out] [last] [eof=leave|kill|stay] [guard=1 [log] [term]] [cwd]\n"
    "Reports, one a line: <id> pid <pid> <start-ticks> | lost | error <stage> <errno>, later exit <n> | signal <n>\n"
    "Exit status: 0 all started, 75 some lost the race for their lock, 71 some failed, 64 wrong use\n";

static const uint32_t UNKNOWN = UINT32_MAX;

static int answer_option(int count, char **arguments) {
    int known = count == 2;
    if (known && strcmp(arguments[1], "--version") == 0) return puts("rbee-launch 0.1.0") < 0;
    if (known && strcmp(arguments[1], "--help") == 0) return fputs(usage, stdout) < 0;
    fputs(usage, stderr);
    return USAGE;
}

static int is_pipe(int descriptor) {
    struct stat about;
    return fstat(descriptor, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode));
}

/// Repairs what the starter left in us. 0, or -1 with errno.
static int settle(void) {
    reset_signals();
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    if (open_standard_descriptors() < 0) return -1;
    return close_all_but(-1, -1);
}

/// Forks a shepherd. Whether there is one.
///
/// - outcomes: a pipe for its outcome, or NULL.
static int fork_shepherd(const struct spec *spec, uint32_t index, const int *outcomes) {
    if (spec->fault != NULL) {
        report("%s error spec:%s %d", spec->id != NULL ? spec->id : "-", spec->fault, EINVAL);
        return 0;
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (outcomes != NULL) close(outcomes[0]);
        signal(SIGCHLD, SIG_DFL);
        shepherd(spec, index, outcomes != NULL ? outcomes[1] : -1);
    }
    if (pid < 0) report("%s error fork %d", spec->id, errno);
    return pid > 0;
}

/// Reads outcomes until each shepherd has written its own or is gone.
static void collect_outcomes(int source, uint32_t *codes, size_t count) {
    struct outcome outcome;
    for (;;) {
        ssize_t length = read(source, &outcome, sizeof outcome);
        if (length < 0 && errno == EINTR) continue;
        if (length != (ssize_t)sizeof outcome) return;
        if (outcome.index < count) codes[outcome.index] = outcome.code;
    }
}

static int summary(const struct batch *batch, const uint32_t *codes) {
    int lost = 0;
    int failed = 0;
    for (size_t index = 0; index < batch->count; index++) {
        // A shepherd that was killed before it could tell.
        if (codes[index] == UNKNOWN) report("%s error shepherd %d", batch->specs[index].id, ESRCH);
        if (codes[index] == SOME_LOST) lost = 1;
        if (codes[index] == SOME_FAILED || codes[index] == UNKNOWN) failed = 1;
    }
    return failed ? SOME_FAILED : lost ? SOME_LOST : ALL_STARTED;
}

/// Starts a batch and leaves it to its reports.
static void launch_on(const struct batch *batch) {
    for (size_t index = 0; index < batch->count; index++) fork_shepherd(&batch->specs[index], (uint32_t)index, NULL);
}

/// Starts the last batch, or the only one, and says how that went.
static int launch(const struct batch *batch) {
    int outcomes[2];
    uint32_t *codes = calloc(batch->count + 1, sizeof *codes);
    if (codes == NULL || pipe2(outcomes, O_CLOEXEC) < 0) {
        report("- error launcher %d", errno);
        return SOME_FAILED;
    }
    // Of those that could be forked it is still to be heard.
    for (size_t index = 0; index < batch->count; index++) {
        codes[index] = fork_shepherd(&batch->specs[index], (uint32_t)index, outcomes) ? UNKNOWN : SOME_FAILED;
    }
    close(outcomes[1]);
    collect_outcomes(outcomes[0], codes, batch->count);
    return summary(batch, codes);
}

/// Batch after batch, to the last.
static int serve(void) {
    // Nobody waits for the shepherds of a batch that others follow.
    signal(SIGCHLD, SIG_IGN);
    int is_first = 1;
    for (;;) {
        struct batch batch = {0};
        int is_there = read_fields(&batch);
        if (is_there == 0 && !is_first) return ALL_STARTED;
        if (is_there <= 0 || parse_specs(&batch) < 0) {
            report("- error input %d", errno);
            return SOME_FAILED;
        }
        if (batch.is_last) return launch(&batch);
        launch_on(&batch);
        drop_batch(&batch);
        is_first = 0;
    }
}

int main(int count, char **arguments) {
    if (count > 1) return answer_option(count, arguments);
    if (settle() < 0) {
        report("- error launcher %d", errno);
        return SOME_FAILED;
    }
    if (!is_pipe(STDIN_FILENO)) {
        fputs(usage, stderr);
        return USAGE;
    }
    return serve();
}
