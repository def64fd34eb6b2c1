// rbee-launch: launcher, shepherd and guard.
//
// The launcher reads specs from its input, forks a shepherd for each and leaves with their first reports. A shepherd takes the daemon's lock,
// is the daemon's parent, says on the output what becomes of it, and stays only while its input is open. A guard is a shepherd that owns its
// child: the whole tree ends with it.
//
// Input, a pipe: fields that end in NUL. A spec is a row of "key=value" fields closed by an empty field; the field "end" closes the batch, and
// nothing is started before it has come. The pipe is kept open for as long as somebody wants to know how the daemons end. The field "more" closes a
// batch too, and the launcher waits for another: it leaves when its input ends between two, and without a word on how it went.
//
//   id=WORD       names the spec in every report; printable, at most 200 bytes                     required
//   exe=PATH      the program, absolute; it is not looked up anywhere                                 required
//   arg=TEXT      once for each word of its argument list, the first being its own name               required
//   env=NAME=TEXT once for each variable; there are no others but RBEE_LOCK_FD, and those of a       any number
//                 row of nothing but variables that stands before all specs, which all of them have
//   cwd=PATH      its working directory                                                               default /
//   lock=PATH     its lock file, made where it is missing; needs nonce
//   after=HEX     who had signed the lock when it was seen free, or "none": signed by another since, it counts as lost; needs lock
//   nonce=HEX     32 lower-case digits, for the lock line and the record
//   out=PATH      file for its output and errors, emptied first; not with guard                       default /dev/null
//   last=PATH     file that will say how it ended; needs nonce
//   eof=WORD      what happens when the input ends: "leave" it running, "kill" its whole tree, or    default leave; with guard: kill
//                 "stay" and guard it on, for whoever finds it; only with guard
//   term=MS       how long its tree may take to end after SIGTERM, once its guard is asked to end,    default 0
//                 before it is killed; only with guard
//   guard=1       hold the lock in its place, pump its output, end all that it leaves behind
//   log=PATH      the log the output is pumped into, 10 MiB, with PATH.1 and PATH.2 before it; only with guard
//
// Reports, one a line:
//
//   ID pid PID START-TICKS    its program runs
//   ID lost                   another holds the lock, or has held it since it was seen free; nothing was touched
//   ID error STAGE ERRNO      it was not started; the lock is free again
//   ID exit N, ID signal N    how it ended: recorded in `last`, unless its guard was asked for it, and the lock free, before this is said
//
// Stages: spec:FIELD (malformed; ID is "-" where it has none), input, launcher, fork, shepherd (killed before it could report), session,
// signals, subreaper, lock, out, log, pipe; and of the child parent, streams, descriptors, session, cwd, lock-line, lock, exec.
//
// Exit status: 0 all were started, 75 some lost, 71 some failed, 64 wrong use.
//
// Every process here has one thread, so a fork finds nothing half done. Whatever fails is reported as a stage and its errno.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum exit_code { ALL_STARTED = 0, USAGE = 64, SOME_FAILED = 71, SOME_LOST = 75 };

// MARK: What is to be started (input.c, spec.c)

struct spec {
    const char *id;
    const char *exe;
    const char *cwd;
    const char *lock;
    const char *after;
    const char *nonce;
    const char *out;
    const char *last;
    const char *log;
    const char *eof_text;
    const char *guard_text;
    const char *term_text;
    char **arguments;
    char **environment;
    size_t argument_count;
    size_t environment_count;
    /// The tree ends with its parent: a guard's, and with eof=kill.
    int owned;
    /// The end of the input is no reason to leave: eof=stay.
    int stays;
    /// Holds the lock itself and pumps the output: guard=1, always owned.
    int guard;
    /// What the tree may take after SIGTERM, in milliseconds.
    int term;
    /// What is wrong with it, or NULL.
    const char *fault;
};

struct batch {
    char *fields;
    size_t length;
    /// Closed by "end", not by "more".
    int is_last;
    struct spec *specs;
    size_t count;
};

/// Reads the fields of the next batch, up to and with the one that closes it. 1; 0 when the input has ended before it began; -1 with errno.
int read_fields(struct batch *batch);
/// Whether the field closes its batch.
int closes_batch(const char *field);
/// Makes specs of the fields. A malformed one carries its fault; the others stand. 0, or -1 with errno.
int parse_specs(struct batch *batch);
/// Gives back what a batch holds. Its fields make place for those of the next.
void drop_batch(struct batch *batch);

// MARK: Reports (report.c)

/// One line on the output with one write. A reader that is gone, or deaf for seconds, is no reason to die or to wait longer.
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// Whether there is a reader.
int is_heard(void);

// MARK: Processes (process.c)

void reset_signals(void);
/// `pid`'s start time in clock ticks since boot, or 0. 0 for a pid means ourselves.
unsigned long long start_ticks(pid_t pid);
/// Closes all descriptors from 3 on but two (-1: none). 0, or -1 with errno.
int close_all_but(int first, int second);
/// Makes /dev/null stand for the descriptors 0 to 2 that are closed. 0, or -1 with errno.
int open_standard_descriptors(void);

// MARK: The lock (lock.c)

enum lock_result { LOCKED, LOST, LOCK_FAILED };

/// Takes the lock, or says that another has it, or fails with errno.
enum lock_result take_lock(const char *path, int *descriptor);
/// Whether the nonce is the one of the lock's line; "none": whether it has no line. 0 when that cannot be read.
int is_signed_by(int lock, const char *nonce);
/// Writes "pid start-ticks boot-id pid-ns nonce" for the calling process. 0, or -1 with errno.
int write_lock_line(int lock, const char *nonce);

// MARK: The child (child.c)

struct fault {
    char stage[20];
    int number;
};

struct birth {
    pid_t parent;
    int lock;
    int output;
    int fault;
};

/// Becomes the program of the spec, or writes a struct fault and ends. Shares the memory of its parent: changes nothing there.
_Noreturn void become(const struct spec *spec, const struct birth *birth);

// MARK: Output (pump.c)

enum { TAIL_LIMIT = 64 * 1024, LOG_LIMIT = 10 * 1024 * 1024, LOG_COUNT = 3 };

/// Opens the log, if one is named; one that does not exist is made with the first output. 0, or -1 with errno where that cannot be.
int pump_open(int source, const char *log);
/// How many milliseconds what is held back may still wait for more to come, or -1; then `pump_idle` writes it.
int pump_patience(void);
void pump_idle(void);
enum pump_result { OUTPUT_TAKEN, OUTPUT_PAUSED, OUTPUT_ENDED };
/// Takes what there is, waiting for it if the source is blocking.
enum pump_result pump_take(void);
void pump_finish(void);
/// The last of what was written, at most TAIL_LIMIT bytes.
size_t pump_tail(char *buffer);

// MARK: The end (record.c, tree.c)

struct ending {
    pid_t pid;
    /// As waitpid gives it.
    int status;
    /// The stage that failed before the program ran, or NULL.
    const struct fault *fault;
    /// The descriptor the output went to, or -1 where it was pumped.
    int output;
};

/// Replaces the spec's `last` file, unless the program has written there itself. What cannot be written is left out.
void record_ending(const struct spec *spec, const struct ending *ending);
/// Kills and reaps every descendant of this process, which is a subreaper and has SIGCHLD blocked. Stores the status of `child` if it was among them (-1: no matter).
void end_tree(pid_t child, int *status);

// MARK: The shepherd (shepherd.c)

struct outcome {
    uint32_t index;
    uint32_t code;
};

/// Starts one daemon and sees to it. Writes one struct outcome, with enum exit_code, when it has reported for the first time.
///
/// - outcomes: where to, or -1.
_Noreturn void shepherd(const struct spec *spec, uint32_t index, int outcomes);
