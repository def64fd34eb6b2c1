// The command line: one table that is parsed by, and printed by --help.
#include "hostile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options;

enum kind_of_option { FLAG, NUMBER, TEXT, LIST, TITLE };

struct option {
    const char *name;
    enum kind_of_option kind;
    size_t place;
    const char *meaning;
};

#define PLACE(field) offsetof(struct options, field)

static const struct option table[] = {
    {"Who it is:", TITLE, 0, ""},
    {"kind", TEXT, PLACE(kind), "KIND: its folder in the run directory (worker)"},
    {"instance", TEXT, PLACE(instance), "NAME: which one of its kind"},
    {"port", NUMBER, PLACE(port), "N: listen on 127.0.0.1:N too, 0 for any"},
    {"as-nonce", TEXT, PLACE(as_nonce), "TEXT: say this nonce instead of its own"},
    {"as-kind", TEXT, PLACE(as_kind), "TEXT: say this kind"},
    {"as-instance", TEXT, PLACE(as_instance), "TEXT: say this instance"},
    {"as-version", TEXT, PLACE(as_version), "TEXT: say this version"},
    {"as-build", TEXT, PLACE(as_build), "TEXT: say this build"},
    {"as-pid", NUMBER, PLACE(as_pid), "N: say this pid"},
    {"Its start:", TITLE, 0, ""},
    {"count", TEXT, PLACE(count), "FILE: append a line with its pid and nonce, so that starts can be counted"},
    {"stamp", TEXT, PLACE(stamp), "FILE: append a line with the moment at which it was ready, in nanoseconds of the monotonic clock"},
    {"say", TEXT, PLACE(say), "TEXT: a line on standard error"},
    {"flood", NUMBER, PLACE(flood), "BYTES: so much on standard error, before anything else"},
    {"flood-forever", FLAG, PLACE(flood_forever), "ten kilobytes a millisecond on standard error, for as long as it lives"},
    {"close-streams", FLAG, PLACE(close_streams), "close descriptors 0, 1 and 2"},
    {"exit", NUMBER, PLACE(exit), "CODE: exit with it instead of starting"},
    {"signal", NUMBER, PLACE(signal), "N: die of this signal instead of starting"},
    {"freeze", FLAG, PLACE(freeze), "stop itself (SIGSTOP), before anything else"},
    {"child", LIST, PLACE(children), "WORDS: start a child that outlives it; may be repeated. Words, with commas between: plain,\n"
                                     "session (of its own), orphan (its parent is gone), scrubbed (no environment),\n"
                                     "stubborn (ignores SIGTERM), moving (forks and dies, again and again), locked (keeps the lock)"},
    {"leave", FLAG, PLACE(leave), "fork, go on in the child in a new session; the one that was started exits 0"},
    {"forget", FLAG, PLACE(forget), "wipe its environment, as others see it"},
    {"no-record", FLAG, PLACE(no_record), "write no record"},
    {"drop-lock", FLAG, PLACE(drop_lock), "let go of its lock once it is ready"},
    {"delay", NUMBER, PLACE(delay), "MS: be slow to listen"},
    {"gate", TEXT, PLACE(gate), "FIFO: do not listen before a byte is there; it stays there, for all who come"},
    {"warm-up", NUMBER, PLACE(warm_up), "MS: answer 503 so long before it is ready"},
    {"warm-up-gate", TEXT, PLACE(warm_up_gate), "FIFO: answer 503 until a byte is there"},
    {"extend", NUMBER, PLACE(extend), "MS: ask for so much more time, first thing"},
    {"no-notify", FLAG, PLACE(no_notify), "never say READY=1"},
    {"announce", TEXT, PLACE(announce), "TEXT: say this instead of READY=1"},
    {"announce-pad", NUMBER, PLACE(announce_pad), "BYTES: make what it says instead longer by so much, in front"},
    {"chatter", FLAG, PLACE(chatter), "tell of its progress (STATUS=), a hundred times a millisecond, for as long as it lives"},
    {"lie", FLAG, PLACE(lie), "say READY=1 first thing"},
    {"never-healthy", FLAG, PLACE(never_healthy), "answer 503 to /health for ever, and never say READY=1"},
    {"Requests:", TITLE, 0, ""},
    {"deaf", FLAG, PLACE(deaf), "listen and never accept"},
    {"mute", FLAG, PLACE(mute), "accept and never answer"},
    {"banner", TEXT, PLACE(banner), "TEXT: say this to whoever connects, and nothing else"},
    {"all-200", FLAG, PLACE(all_200), "answer everything with 200 and a page"},
    {"pad", NUMBER, PLACE(pad), "BYTES: make the answer to /v1/info longer by so much"},
    {"endless-head", FLAG, PLACE(endless_head), "answers have headers without end"},
    {"endless-body", FLAG, PLACE(endless_body), "answers have a body without end"},
    {"die-after", NUMBER, PLACE(die_after), "N: answer N requests, die of the next"},
    {"hang-after", NUMBER, PLACE(hang_after), "N: answer N requests, and no more"},
    {"Its end:", TITLE, 0, ""},
    {"ignore-term", FLAG, PLACE(ignore_term), "ignore SIGTERM, SIGINT and SIGHUP"},
    {"shutdown", TEXT, PLACE(shutdown), "HOW: heed (as told), accept (and go on), refuse (403), silent, abrupt (exit without an answer),\n"
                                        "error (500), missing (404)"},
    {"drain", NUMBER, PLACE(drain), "MS: take so long to end once asked"},
    {"drain-gate", TEXT, PLACE(drain_gate), "FIFO: end only when a byte is there"},
    {"drain-listening", FLAG, PLACE(drain_listening), "while it drains its socket stays, and nobody is accepted"},
    {"drain-exit", NUMBER, PLACE(drain_exit), "CODE: exit with it in the end (0)"},
    {"leave-files", FLAG, PLACE(leave_files), "leave socket and record behind"},
};

enum { OPTIONS = sizeof table / sizeof *table };

static void explain(void) {
    puts("usage: rbee-hostile [--option [VALUE]]...\n\n"
         "A daemon that misbehaves as it is told, for tests. Without options it is a good one. Its head, hostile.h, says more.\n"
         "RBEE_HOME names the home; RBEE_NONCE, RBEE_LOCK_FD, RBEE_OWNER and NOTIFY_SOCKET are what a launcher gives.");
    for (int index = 0; index < OPTIONS; index++) {
        const struct option *option = &table[index];
        if (option->kind == TITLE) {
            printf("\n%s\n", option->name);
            continue;
        }
        printf("  --%-16s ", option->name);
        for (const char *at = option->meaning; *at != 0; at++) {
            putchar(*at);
            if (*at == '\n') printf("%*s", 21, "");
        }
        putchar('\n');
    }
    exit(0);
}

static const struct option *find(const char *name) {
    for (int index = 0; index < OPTIONS; index++) {
        if (table[index].kind != TITLE && strcmp(table[index].name, name) == 0) return &table[index];
    }
    return NULL;
}

static void prepare(void) {
    for (int index = 0; index < OPTIONS; index++) {
        if (table[index].kind == NUMBER) *(long *)((char *)&options + table[index].place) = -1;
    }
    options.kind = "worker";
    options.instance = "one";
    options.shutdown = "heed";
}

static void misused(const char *name, const char *why) {
    fprintf(stderr, "rbee-hostile: --%s %s\n", name, why);
    exit(EXIT_USE);
}

static void set(const struct option *option, const char *value) {
    void *place = (char *)&options + option->place;
    char *rest = NULL;
    switch (option->kind) {
    case FLAG: *(long *)place = 1; break;
    case TEXT: *(const char **)place = value; break;
    case NUMBER:
        errno = 0;
        *(long *)place = strtol(value, &rest, 10);
        if (errno != 0 || *rest != 0 || *value == 0) misused(option->name, "takes a number");
        break;
    case LIST:
        if (options.child_count == CHILDREN_LIMIT) misused(option->name, "was given too often");
        options.children[options.child_count++] = value;
        break;
    case TITLE: break;
    }
}

void parse_options(int count, char **arguments) {
    prepare();
    for (int index = 1; index < count; index++) {
        const char *word = arguments[index];
        if (strcmp(word, "--help") == 0) explain();
        if (strncmp(word, "--", 2) != 0) continue;
        const struct option *option = find(word + 2);
        int has_value = index + 1 < count && strncmp(arguments[index + 1], "--", 2) != 0;
        if (option != NULL && option->kind != FLAG && !has_value) misused(option->name, "takes a value");
        if (option != NULL) set(option, option->kind == FLAG ? NULL : arguments[index + 1]);
        if (option != NULL ? option->kind != FLAG : has_value) index++;
    }
}
