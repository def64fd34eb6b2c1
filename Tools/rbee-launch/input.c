// The batches as they come in: fields that end in NUL, up to and with the one that closes the batch.
#include "launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_LIMIT = 64 * 1024 * 1024, FIRST_SIZE = 64 * 1024 };

/// What was read and belongs to no batch yet.
static struct {
    char *bytes;
    size_t length;
    size_t size;
    /// The batch that was given out last, at the beginning.
    size_t taken;
} input;

int closes_batch(const char *field) {
    return strcmp(field, "end") == 0 || strcmp(field, "more") == 0;
}

/// Looks at the fields that became whole since `*seen`. Returns whether one of them closes the batch, which then is all before `*seen`.
static int find_end(size_t *seen, int *is_last) {
    char *stop;
    while ((stop = memchr(input.bytes + *seen, 0, input.length - *seen)) != NULL) {
        const char *field = input.bytes + *seen;
        *seen = (size_t)(stop - input.bytes) + 1;
        *is_last = strcmp(field, "end") == 0;
        if (closes_batch(field)) return 1;
    }
    return 0;
}

static int make_room(void) {
    if (input.length < input.size) return 0;
    if (input.size >= INPUT_LIMIT) {
        errno = EFBIG;
        return -1;
    }
    size_t larger = input.size == 0 ? FIRST_SIZE : input.size * 2;
    char *bytes = realloc(input.bytes, larger);
    if (bytes == NULL) return -1;
    input.bytes = bytes;
    input.size = larger;
    return 0;
}

int read_fields(struct batch *batch) {
    size_t seen = 0;
    while (!find_end(&seen, &batch->is_last)) {
        if (make_room() < 0) return -1;
        ssize_t length = read(STDIN_FILENO, input.bytes + input.length, input.size - input.length);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return -1;
        if (length == 0) {
            // Whoever began to tell what to start is gone: nothing is started.
            errno = ENODATA;
            return input.length == 0 ? 0 : -1;
        }
        input.length += (size_t)length;
    }
    input.taken = seen;
    batch->fields = input.bytes;
    batch->length = seen;
    return 1;
}

void drop_batch(struct batch *batch) {
    free(batch->specs);
    memset(batch, 0, sizeof *batch);
    input.length -= input.taken;
    memmove(input.bytes, input.bytes + input.taken, input.length);
    input.taken = 0;
    if (input.length > 0) return;
    // A launcher that waits holds nothing.
    free(input.bytes);
    input.bytes = NULL;
    input.size = 0;
}
