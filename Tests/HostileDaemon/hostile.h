// rbee-hostile: a daemon that misbehaves as it is told.
//
// It speaks the daemons' contract and nothing more: the lock that it inherits (or takes), its nonce, the notify socket, a record, and over its
// control socket and, if wished, a TCP port: GET /health, GET /v1/info, POST /v1/ping, POST /v1/shutdown. It has no runtime of ours in it, one
// thread, and is up within a millisecond. Without options it is a good daemon. Each option makes it bad in one way; they can be combined.
// `rbee-hostile --help` lists them: the table in options.c is their documentation.
//
// Options that it does not know are skipped with their value, so that it can stand in the place of any daemon's program.
//
// Order of a start: freeze; its place (directory, lock); count, extend, lie, say, flood, close-streams, child, signal, exit, leave, forget; `delay`
// or `gate`, then it listens; `warm-up`, then it is ready. A gate is a named pipe: a byte in it lets the daemon go on, so no test has to guess
// times. Requests are counted as they come in whole: `die-after 3` answers three and dies of the fourth.
//
// Exit status: 0 asked to end, 9 died of a request, 64 wrong use, 71 the system refused, 75 another holds the lock; else as told.
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { EXIT_TOLD = 9, EXIT_USE = 64, EXIT_SYSTEM = 71, EXIT_LOST = 75 };
enum { CHILDREN_LIMIT = 8 };

/// What it was told to do. Numbers are -1 and texts NULL where nothing was said.
struct options {
    // Who it is, and who it says it is.
    const char *kind;
    const char *instance;
    long port;
    const char *as_nonce;
    const char *as_kind;
    const char *as_instance;
    const char *as_version;
    const char *as_build;
    long as_pid;
    // The start.
    const char *count;
    const char *stamp;
    const char *say;
    long flood;
    long flood_forever;
    long close_streams;
    long exit;
    long signal;
    long freeze;
    const char *children[CHILDREN_LIMIT];
    size_t child_count;
    long leave;
    long forget;
    long no_record;
    long drop_lock;
    long delay;
    const char *gate;
    long warm_up;
    const char *warm_up_gate;
    long extend;
    long no_notify;
    const char *announce;
    long announce_pad;
    long chatter;
    long lie;
    long never_healthy;
    // Requests.
    long deaf;
    long mute;
    const char *banner;
    long all_200;
    long pad;
    long endless_head;
    long endless_body;
    long die_after;
    long hang_after;
    // The end.
    long ignore_term;
    const char *shutdown;
    long drain;
    const char *drain_gate;
    long drain_listening;
    long drain_exit;
    long leave_files;
};

extern struct options options;

/// Fills `options`; explains itself and exits where that is asked for, or where the command line is none.
void parse_options(int count, char **arguments);

/// What its environment and its place in the run directory say of this process.
struct self {
    char nonce[64];
    const char *owner;
    const char *notify;
    char socket_path[4096];
    int directory;
    int lock;
    pid_t pid;
    unsigned long long ticks;
    char boot[64];
    unsigned long long namespace;
    long port;
    time_t started;
};

extern struct self self;

/// Says what failed, and exits.
_Noreturn void refuse(const char *what);

/// Milliseconds of a clock that only goes on.
long long now(void);

/// Finds the run directory, and has the lock: inherited, or taken. Exits with EXIT_LOST when another holds it.
void take_place(void);
/// Writes the record, unless told not to.
void write_record(const char *state);
/// A listening socket in the run directory, and one on loopback (or -1).
int listen_control(void);
int listen_port(void);
/// Removes what it made, unless told not to.
void remove_socket(void);
void remove_record(void);
/// Sends a datagram to whoever waits for it to be ready.
void notify(const char *text);

/// Starts a child that behaves as these words say, or becomes one.
void start_child(const char *words);
_Noreturn void be_child(const char *words);

/// Serves until it ends.
_Noreturn void serve(void);

/// How far it is, by its own word.
enum phase { COMING, WARMING, SERVING, DRAINING };
/// The answer to a request, a whole response. Returns its length; 0 when it does not answer. Sets `ends` when the request ends the daemon.
size_t answer(const char *method, const char *path, enum phase phase, char **text, int *ends);
