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
    "A spec is a row of NUL-terminated fields key=value ended by an empty field; the field \"end\" ends the batch:\n"
    "  id exe arg... env... [lock nonce] [out] [last] [eof=leave|kill] [guard=1 [log]] [cwd]\n"
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

/// Forks the shepherds. Of those that could be forked the code stays unknown.
static void fork_shepherds(const struct batch *batch, int outcomes[2], uint32_t *codes) {
    for (size_t index = 0; index < batch->count; index++) {
        const struct spec *spec = &batch->specs[index];
        codes[index] = SOME_FAILED;
        if (spec->fault != NULL) {
            report("%s error spec:%s %d", spec->id != NULL ? spec->id : "-", spec->fault, EINVAL);
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            close(outcomes[0]);
            shepherd(spec, (uint32_t)index, outcomes[1]);
        }
        if (pid < 0) {
            report("%s error fork %d", spec->id, errno);
            continue;
        }
        codes[index] = UNKNOWN;
    }
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

static int launch(const struct batch *batch) {
    int outcomes[2];
    uint32_t *codes = calloc(batch->count + 1, sizeof *codes);
    if (codes == NULL || pipe2(outcomes, O_CLOEXEC) < 0) {
        report("- error launcher %d", errno);
        return SOME_FAILED;
    }
    fork_shepherds(batch, outcomes, codes);
    close(outcomes[1]);
    collect_outcomes(outcomes[0], codes, batch->count);
    return summary(batch, codes);
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
    struct batch batch = {0};
    if (read_fields(&batch) < 0 || parse_specs(&batch) < 0) {
        report("- error input %d", errno);
        return SOME_FAILED;
    }
    return launch(&batch);
}
