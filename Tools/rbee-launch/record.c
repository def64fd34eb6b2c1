// How a daemon ended, as JSON for whoever finds its lock free.
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct writer {
    int file;
    int failed;
    size_t used;
    char room[4096];
};

static void flush(struct writer *writer) {
    for (size_t done = 0; done < writer->used && !writer->failed;) {
        ssize_t written = write(writer->file, writer->room + done, writer->used - done);
        if (written > 0) done += (size_t)written;
        if (written < 0 && errno != EINTR) writer->failed = 1;
    }
    writer->used = 0;
}

static void put(struct writer *writer, const char *text, size_t length) {
    if (writer->used + length > sizeof writer->room) flush(writer);
    memcpy(writer->room + writer->used, text, length);
    writer->used += length;
}

/// The length of the UTF-8 sequence that begins here, or 0 when none does.
static size_t sequence(const unsigned char *text, size_t length) {
    unsigned char first = text[0];
    if (first < 0x80) return 1;
    size_t need = first >= 0xC2 && first <= 0xDF ? 2 : first >= 0xE0 && first <= 0xEF ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
    if (need == 0 || need > length) return 0;
    for (size_t index = 1; index < need; index++) {
        if ((text[index] & 0xC0) != 0x80) return 0;
    }
    int overlong = (first == 0xE0 && text[1] < 0xA0) || (first == 0xF0 && text[1] < 0x90);
    int outside = (first == 0xED && text[1] > 0x9F) || (first == 0xF4 && text[1] > 0x8F);
    return overlong || outside ? 0 : need;
}

static void put_escaped(struct writer *writer, unsigned char character) {
    char text[8];
    int length;
    switch (character) {
    case '"': length = snprintf(text, sizeof text, "\\\""); break;
    case '\\': length = snprintf(text, sizeof text, "\\\\"); break;
    case '\n': length = snprintf(text, sizeof text, "\\n"); break;
    case '\t': length = snprintf(text, sizeof text, "\\t"); break;
    default: length = snprintf(text, sizeof text, "\\u%04x", character);
    }
    put(writer, text, (size_t)length);
}

/// Whatever is not UTF-8 becomes a question mark, one a byte, so that the text never grows beyond what was taken.
static void put_string(struct writer *writer, const char *text, size_t length) {
    const unsigned char *at = (const unsigned char *)text;
    put(writer, "\"", 1);
    while (length > 0) {
        size_t taken = sequence(at, length);
        if (taken == 0) {
            put(writer, "?", 1);
            taken = 1;
        } else if (taken == 1 && (*at < ' ' || *at == '"' || *at == '\\' || *at == 127)) {
            put_escaped(writer, *at);
        } else {
            put(writer, (const char *)at, taken);
        }
        at += taken;
        length -= taken;
    }
    put(writer, "\"", 1);
}

static size_t file_tail(int file, char *buffer) {
    off_t size = lseek(file, 0, SEEK_END);
    off_t start = size > TAIL_LIMIT ? size - TAIL_LIMIT : 0;
    ssize_t length = size > 0 ? pread(file, buffer, TAIL_LIMIT, start) : 0;
    return length > 0 ? (size_t)length : 0;
}

/// A tail that was cut may begin inside a character: skips what is left of it.
static size_t first_whole(const char *text, size_t length) {
    size_t skipped = 0;
    while (length == TAIL_LIMIT && skipped < 3 && ((unsigned char)text[skipped] & 0xC0) == 0x80) skipped++;
    return skipped;
}

static size_t explanation(char *buffer, const struct spec *spec, const struct fault *fault) {
    int length = snprintf(buffer, TAIL_LIMIT, "rbee-launch: cannot start %s: %s: %s\n", spec->exe, fault->stage, strerror(fault->number));
    return length < TAIL_LIMIT ? (size_t)length : TAIL_LIMIT - 1;
}

static int write_record(const char *path, const struct spec *spec, const struct ending *ending, const char *output, size_t length) {
    struct writer writer = {.file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (writer.file < 0) return -1;
    char text[256];
    int exited = WIFEXITED(ending->status);
    int used = snprintf(text, sizeof text, "{\"nonce\":\"%s\",\"pid\":%d,\"%s\":%d,", spec->nonce, (int)ending->pid, exited ? "exit" : "signal",
                        exited ? WEXITSTATUS(ending->status) : WTERMSIG(ending->status));
    put(&writer, text, (size_t)used);
    if (ending->fault != NULL) {
        used = snprintf(text, sizeof text, "\"stage\":\"%s\",\"errno\":%d,", ending->fault->stage, ending->fault->number);
        put(&writer, text, (size_t)used);
    }
    put(&writer, "\"output\":", 9);
    put_string(&writer, output, length);
    used = snprintf(text, sizeof text, ",\"ended_at\":%lld}\n", (long long)time(NULL));
    put(&writer, text, (size_t)used);
    flush(&writer);
    return close(writer.file) < 0 || writer.failed ? -1 : 0;
}

/// A name beside `last` that says who writes it, in the form that the run directory's sweep knows.
static int temporary_name(char *path, size_t size, const struct spec *spec) {
    size_t folder = (size_t)(strrchr(spec->last, '/') - spec->last) + 1;
    int length = snprintf(path, size, "%.*s.%d-%llu-%.12s.tmp", (int)folder, spec->last, (int)getpid(), start_ticks(0), spec->nonce);
    return length > 0 && (size_t)length < size ? 0 : -1;
}

/// Whether the program has said itself that it has served and ends: what stands in `last` carries its nonce.
static int is_told(const struct spec *spec) {
    char text[1024];
    int file = open(spec->last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : -1;
    if (file >= 0) close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    return strstr(text, spec->nonce) != NULL && strstr(text, "\"served\":true") != NULL;
}

void record_ending(const struct spec *spec, const struct ending *ending) {
    static char output[TAIL_LIMIT];
    char temporary[4096];
    if (spec->last == NULL || is_told(spec) || temporary_name(temporary, sizeof temporary, spec) < 0) return;
    size_t length = ending->output >= 0 ? file_tail(ending->output, output) : pump_tail(output);
    size_t start = first_whole(output, length);
    if (ending->fault != NULL) {
        start = 0;
        length = explanation(output, spec, ending->fault);
    }
    // On a full disk the end matters more than the output.
    int failed = write_record(temporary, spec, ending, output + start, length - start) < 0 && write_record(temporary, spec, ending, "", 0) < 0;
    if (failed || rename(temporary, spec->last) < 0) unlink(temporary);
}
