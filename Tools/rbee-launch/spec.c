// Specs out of fields. Strict: a field that is unknown, repeated, empty or out of place makes its spec a fault, and only its own.
#include "launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/// The fields that stand at most once.
static const struct {
    const char *key;
    size_t place;
    int is_path;
} singles[] = {
    {"id", offsetof(struct spec, id), 0},        {"exe", offsetof(struct spec, exe), 1},
    {"cwd", offsetof(struct spec, cwd), 1},      {"lock", offsetof(struct spec, lock), 1},
    {"nonce", offsetof(struct spec, nonce), 0},  {"out", offsetof(struct spec, out), 1},
    {"after", offsetof(struct spec, after), 0},  {"last", offsetof(struct spec, last), 1},
    {"log", offsetof(struct spec, log), 1},      {"eof", offsetof(struct spec, eof_text), 0},
    {"guard", offsetof(struct spec, guard_text), 0}, {"term", offsetof(struct spec, term_text), 0},
};

static void refuse(struct spec *spec, const char *what) {
    if (spec->fault == NULL) spec->fault = what;
}

/// The rest of a field after "key=", or NULL when it is another's.
static const char *value_of(const char *field, const char *key) {
    size_t length = strlen(key);
    return strncmp(field, key, length) == 0 && field[length] == '=' ? field + length + 1 : NULL;
}

static void take_variable(struct spec *spec, char *variable) {
    char *equals = strchr(variable, '=');
    if (equals == NULL || equals == variable) {
        refuse(spec, "env");
    } else if (value_of(variable, "RBEE_LOCK_FD") == NULL) {
        // A starter that is a daemon itself must not pass on the number of its own lock.
        spec->environment[spec->environment_count++] = variable;
    }
}

static void take_single(struct spec *spec, const char *field) {
    for (size_t index = 0; index < sizeof singles / sizeof *singles; index++) {
        const char *value = value_of(field, singles[index].key);
        if (value == NULL) continue;
        const char **place = (const char **)((char *)spec + singles[index].place);
        if (*place != NULL || *value == 0 || (singles[index].is_path && *value != '/')) refuse(spec, singles[index].key);
        if (*place == NULL) *place = value;
        return;
    }
    refuse(spec, "field");
}

static void take_field(struct spec *spec, char *field) {
    const char *value = value_of(field, "arg");
    if (value != NULL) {
        spec->arguments[spec->argument_count++] = (char *)value;
    } else if ((value = value_of(field, "env")) != NULL) {
        take_variable(spec, (char *)value);
    } else {
        take_single(spec, field);
    }
}

/// An id goes into every report: one word, printable, short enough for the line to stay atomic.
static int is_id(const char *text) {
    size_t length = 0;
    for (; text[length] != 0; length++) {
        if ((unsigned char)text[length] <= ' ' || text[length] == 127) return 0;
    }
    return length > 0 && length <= 200;
}

static int is_nonce(const char *text) {
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static int is_word(const char *text, const char *word) {
    return text != NULL && strcmp(text, word) == 0;
}

/// At most a day.
static int milliseconds(const char *text) {
    char *end;
    long number = strtol(text, &end, 10);
    int is_number = *text >= '0' && *text <= '9' && *end == 0;
    return is_number && number <= 24L * 60 * 60 * 1000 ? (int)number : -1;
}

static void check_flags(struct spec *spec) {
    int leaves = is_word(spec->eof_text, "leave");
    spec->stays = is_word(spec->eof_text, "stay");
    if (spec->eof_text != NULL && !leaves && !spec->stays && !is_word(spec->eof_text, "kill")) refuse(spec, "eof");
    if (spec->guard_text != NULL && strcmp(spec->guard_text, "0") != 0 && strcmp(spec->guard_text, "1") != 0) refuse(spec, "guard");
    spec->guard = is_word(spec->guard_text, "1");
    // A guard that leaves would take the reader of the output with it, and by the death signal the program. Without one nobody is there to stay.
    if (spec->guard ? leaves : spec->stays) refuse(spec, "eof");
    if (spec->term_text != NULL) spec->term = milliseconds(spec->term_text);
    if (spec->term < 0 || (spec->term_text != NULL && !spec->guard)) refuse(spec, "term");
    if (spec->log != NULL && !spec->guard) refuse(spec, "log");
    if (spec->out != NULL && spec->guard) refuse(spec, "out");
    spec->owned = spec->guard || (spec->eof_text != NULL && !leaves);
}

static void check(struct spec *spec) {
    if (spec->id == NULL || !is_id(spec->id)) {
        spec->id = NULL;
        refuse(spec, "id");
    }
    if (spec->exe == NULL) refuse(spec, "exe");
    if (spec->argument_count == 0) refuse(spec, "arg");
    if (spec->nonce != NULL ? !is_nonce(spec->nonce) : spec->lock != NULL || spec->last != NULL) refuse(spec, "nonce");
    if (spec->after != NULL && (spec->lock == NULL || (!is_nonce(spec->after) && strcmp(spec->after, "none") != 0))) refuse(spec, "after");
    if (spec->cwd == NULL) spec->cwd = "/";
    check_flags(spec);
}

/// What there is to make room for.
struct extent {
    size_t fields;
    size_t specs;
    /// Fields of the first row, if it holds nothing but variables.
    size_t shared;
};

static struct extent measure(const struct batch *batch) {
    struct extent extent = {0};
    int is_shared = 1;
    for (const char *field = batch->fields; field < batch->fields + batch->length; field += strlen(field) + 1) {
        extent.fields += 1;
        extent.specs += *field == 0;
        if (extent.specs > 0 || closes_batch(field)) continue;
        is_shared = is_shared && value_of(field, "env") != NULL;
        extent.shared += 1;
    }
    if (!is_shared || extent.specs == 0) extent.shared = 0;
    // What closes the batch ends a spec that was left open too.
    extent.specs += 1;
    return extent;
}

/// Takes the variables of all specs. The field behind them.
static char *take_shared(struct spec *shared, char *field, size_t count) {
    for (size_t index = 0; index < count; index++, field += strlen(field) + 1) {
        take_variable(shared, (char *)value_of(field, "env"));
    }
    // With the empty one that closes the row.
    return count > 0 ? field + 1 : field;
}

int parse_specs(struct batch *batch) {
    struct extent extent = measure(batch);
    size_t variables = extent.fields + (extent.specs + 1) * (extent.shared + 2);
    // Behind the specs their lists: a terminator for each, and room for RBEE_LOCK_FD.
    batch->specs = calloc(1, extent.specs * sizeof *batch->specs + (extent.fields + extent.specs + variables) * sizeof(char *));
    if (batch->specs == NULL) return -1;
    char **arguments = (char **)(batch->specs + extent.specs);
    char **environment = arguments + extent.fields + extent.specs;
    struct spec shared = {.environment = environment};
    char *field = take_shared(&shared, batch->fields, extent.shared);
    environment += shared.environment_count;
    struct spec *spec = NULL;
    for (; field < batch->fields + batch->length; field += strlen(field) + 1) {
        int ends = closes_batch(field);
        if (ends && spec == NULL) break;
        if (spec == NULL) {
            spec = &batch->specs[batch->count++];
            spec->arguments = arguments;
            spec->environment = environment;
            spec->environment_count = shared.environment_count;
            spec->fault = shared.fault;
            memcpy(environment, shared.environment, shared.environment_count * sizeof *environment);
        }
        if (*field != 0 && !ends) {
            take_field(spec, field);
            continue;
        }
        if (ends) refuse(spec, "end");
        check(spec);
        arguments += spec->argument_count + 1;
        environment += spec->environment_count + 2;
        spec = NULL;
    }
    return 0;
}
