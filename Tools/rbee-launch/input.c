// The batch as it comes in: fields that end in NUL, up to and with the field "end".
#include "launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_LIMIT = 64 * 1024 * 1024, FIRST_SIZE = 64 * 1024 };

/// Looks at the fields that became whole since `*seen`. Returns whether one of them is "end", and then cuts what follows it.
static int find_end(struct batch *batch, size_t *seen) {
    char *stop;
    while ((stop = memchr(batch->fields + *seen, 0, batch->length - *seen)) != NULL) {
        const char *field = batch->fields + *seen;
        *seen = (size_t)(stop - batch->fields) + 1;
        if (strcmp(field, "end") == 0) {
            batch->length = *seen;
            return 1;
        }
    }
    return 0;
}

static int grow(struct batch *batch, size_t *size) {
    if (batch->length < *size) return 0;
    if (*size >= INPUT_LIMIT) {
        errno = EFBIG;
        return -1;
    }
    size_t larger = *size == 0 ? FIRST_SIZE : *size * 2;
    char *fields = realloc(batch->fields, larger);
    if (fields == NULL) return -1;
    batch->fields = fields;
    *size = larger;
    return 0;
}

int read_fields(struct batch *batch) {
    size_t size = 0;
    size_t seen = 0;
    for (;;) {
        if (grow(batch, &size) < 0) return -1;
        ssize_t length = read(STDIN_FILENO, batch->fields + batch->length, size - batch->length);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return -1;
        if (length == 0) {
            // Whoever began to tell what to start is gone: nothing is started.
            errno = ENODATA;
            return -1;
        }
        batch->length += (size_t)length;
        if (find_end(batch, &seen)) return 0;
    }
}
