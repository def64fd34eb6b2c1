#include "CThread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct start {
    void (*main)(void *context);
    void *context;
    char name[16];
};

static void *begin(void *raw) {
    struct start start = *(struct start *)raw;
    free(raw);
    pthread_setname_np(pthread_self(), start.name);
    // A thread started from a Dispatch worker inherits its mask, which blocks nearly everything.
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    start.main(start.context);
    return NULL;
}

int rbee_thread_start(const char *name, void (*main)(void *context), void *context) {
    struct start *start = calloc(1, sizeof *start);
    if (start == NULL) {
        return ENOMEM;
    }
    start->main = main;
    start->context = context;
    strncpy(start->name, name, sizeof start->name - 1);
    pthread_t id;
    int code = pthread_create(&id, NULL, begin, start);
    if (code != 0) {
        free(start);
        return code;
    }
    pthread_detach(id);
    return 0;
}
