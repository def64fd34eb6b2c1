// The output of a guarded program: line by line into a log that is rotated, what repeats itself told once, the last of it kept for errors.
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_LIMIT = 8192, BATCH_LIMIT = 64 * 1024, TORN_AFTER_MILLISECONDS = 200, REPEATS_TOLD_AFTER_SECONDS = 10 };

static struct {
    int source;
    int log;
    const char *path;
    /// The line still coming in. `torn`: the beginning of it was written already.
    char line[LINE_LIMIT];
    size_t length;
    int torn;
    /// The last whole line and how often it came again.
    char previous[LINE_LIMIT];
    size_t previous_length;
    int has_previous;
    unsigned long repeats;
    time_t repeats_since;
    /// What goes to the log with the next write.
    char batch[BATCH_LIMIT];
    size_t batched;
    /// A ring; `tail_total` counts all that ever went into it.
    char tail[TAIL_LIMIT];
    unsigned long long tail_total;
} pump = {.source = -1, .log = -1};

static int open_log(int making) {
    pump.log = open(pump.path, O_WRONLY | making | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
    return pump.log < 0 ? -1 : 0;
}

/// Whether a log could be made that is not there.
static int can_make_log(void) {
    char folder[4096];
    const char *slash = strrchr(pump.path, '/');
    size_t length = slash != NULL ? (size_t)(slash - pump.path) + 1 : 0;
    if (length == 0 || length >= sizeof folder) {
        errno = length == 0 ? EINVAL : ENAMETOOLONG;
        return 0;
    }
    memcpy(folder, pump.path, length);
    folder[length] = 0;
    return access(folder, W_OK | X_OK) == 0;
}

int pump_open(int source, const char *log) {
    pump.source = source;
    pump.path = log;
    if (log == NULL || open_log(0) == 0) return 0;
    return errno == ENOENT && can_make_log() ? 0 : -1;
}

/// log.1 becomes log.2, the log becomes log.1. Where that cannot be, the log is emptied: it must not grow for ever.
static void rotate(void) {
    char from[4096];
    char to[4096];
    for (int number = LOG_COUNT - 1; number > 0; number--) {
        int short_enough = snprintf(to, sizeof to, "%s.%d", pump.path, number) < (int)sizeof to;
        snprintf(from, sizeof from, number > 1 ? "%s.%d" : "%s", pump.path, number - 1);
        int moved = short_enough && rename(from, to) == 0;
        if (number == 1 && !moved && ftruncate(pump.log, 0) == 0) return;
    }
    close(pump.log);
    open_log(O_CREAT);
}

/// Somebody may have emptied or removed the log: its size is asked, never counted.
static void make_room(size_t length) {
    struct stat about;
    if (pump.log < 0 || fstat(pump.log, &about) < 0) return;
    if (about.st_nlink == 0) {
        close(pump.log);
        open_log(O_CREAT);
    } else if (about.st_size > 0 && about.st_size + (off_t)length > LOG_LIMIT) {
        rotate();
    }
}

/// A log that cannot be written loses lines; the program must not be held up for it.
static void flush(void) {
    if (pump.path != NULL && pump.log < 0 && pump.batched > 0) open_log(O_CREAT);
    make_room(pump.batched);
    for (size_t done = 0; done < pump.batched && pump.log >= 0;) {
        ssize_t written = write(pump.log, pump.batch + done, pump.batched - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        done += (size_t)written;
    }
    pump.batched = 0;
}

static void keep(const char *text, size_t length) {
    for (size_t index = 0; index < length; index++) pump.tail[(pump.tail_total + index) % TAIL_LIMIT] = text[index];
    pump.tail_total += length;
}

static void put(const char *text, size_t length) {
    if (pump.batched + length > sizeof pump.batch) flush();
    memcpy(pump.batch + pump.batched, text, length);
    pump.batched += length;
    keep(text, length);
}

static void tell_repeats(void) {
    char text[64];
    if (pump.repeats == 1) {
        put(pump.previous, pump.previous_length);
        put("\n", 1);
    } else if (pump.repeats > 1) {
        put(text, (size_t)snprintf(text, sizeof text, "(last line repeated %lu times)\n", pump.repeats));
    }
    pump.repeats = 0;
}

static void put_torn(void) {
    tell_repeats();
    put(pump.line, pump.length);
    pump.length = 0;
    pump.torn = 1;
    pump.has_previous = 0;
}

/// Told now and then even if nothing else is ever said, so that a reader sees that it goes on.
static void count_repeat(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (pump.repeats++ == 0) pump.repeats_since = now.tv_sec;
    if (now.tv_sec - pump.repeats_since >= REPEATS_TOLD_AFTER_SECONDS) tell_repeats();
}

/// A line is in the buffer whole, its end not with it.
static void end_line(void) {
    int same = pump.has_previous && pump.length == pump.previous_length && memcmp(pump.line, pump.previous, pump.length) == 0;
    if (!pump.torn && same) {
        count_repeat();
    } else {
        tell_repeats();
        put(pump.line, pump.length);
        put("\n", 1);
        memcpy(pump.previous, pump.line, pump.length);
        pump.previous_length = pump.length;
        pump.has_previous = !pump.torn;
    }
    pump.length = 0;
    pump.torn = 0;
}

static void take(const char *text, size_t length) {
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t part = end != NULL ? (size_t)(end - text) : length;
        size_t room = sizeof pump.line - pump.length;
        if (part > room) part = room;
        memcpy(pump.line + pump.length, text, part);
        pump.length += part;
        text += part;
        length -= part;
        if (end == text && length > 0) {
            end_line();
            text++;
            length--;
        } else if (pump.length == sizeof pump.line) {
            put_torn();
        }
    }
}

enum pump_result pump_take(void) {
    char input[BATCH_LIMIT];
    ssize_t length = read(pump.source, input, sizeof input);
    if (length < 0) return OUTPUT_PAUSED;
    if (length == 0) return OUTPUT_ENDED;
    take(input, (size_t)length);
    flush();
    return OUTPUT_TAKEN;
}

int pump_patience(void) {
    if (pump.length > 0) return TORN_AFTER_MILLISECONDS;
    return pump.repeats > 0 ? REPEATS_TOLD_AFTER_SECONDS * 1000 : -1;
}

void pump_idle(void) {
    tell_repeats();
    if (pump.length > 0) put_torn();
    flush();
}

void pump_finish(void) {
    // Whoever wrote is dead, or has passed the pipe on to somebody who lives: what is there is taken, more is not waited for.
    fcntl(pump.source, F_SETFL, O_NONBLOCK);
    while (pump_take() == OUTPUT_TAKEN) continue;
    tell_repeats();
    if (pump.length > 0) put_torn();
    if (pump.torn) put("\n", 1);
    flush();
}

size_t pump_tail(char *buffer) {
    size_t length = pump.tail_total < TAIL_LIMIT ? (size_t)pump.tail_total : TAIL_LIMIT;
    for (size_t index = 0; index < length; index++) buffer[index] = pump.tail[(pump.tail_total - length + index) % TAIL_LIMIT];
    return length;
}
