#include "CSignalRelay.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { slots_per_signal = 8 };

// Written under `lock`, but for `arrivals`; the handler reads `used`. A relay is the index of its slot and the slot's generation, so that one
// that is closed is not taken for the next in its place.
struct slot {
    _Atomic int used;
    _Atomic uint64_t arrivals;
    int64_t generation;
};

static struct slot slots[NSIG][slots_per_signal];
static struct sigaction previous[NSIG];
static int users[NSIG];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int bell_plus_one; // 0: none yet

static void relay(int signal) {
    int saved = errno;
    for (int i = 0; i < slots_per_signal; i++) {
        if (atomic_load(&slots[signal][i].used)) {
            atomic_fetch_add(&slots[signal][i].arrivals, 1);
        }
    }
    uint64_t one = 1;
    ssize_t written = write(atomic_load(&bell_plus_one) - 1, &one, sizeof one);
    (void)written; // never full: its count would take centuries
    errno = saved;
}

int rbee_signal_bell(void) {
    pthread_mutex_lock(&lock);
    int bell = atomic_load(&bell_plus_one) - 1;
    if (bell < 0) {
        bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (bell < 0) {
            bell = -errno;
        } else {
            atomic_store(&bell_plus_one, bell + 1);
        }
    }
    pthread_mutex_unlock(&lock);
    return bell;
}

/// The slot of a relay that is open, or NULL. Called with the lock held.
static struct slot *open_slot(int signal, int64_t relay) {
    if (signal <= 0 || signal >= NSIG || relay < 0) {
        return NULL;
    }
    struct slot *slot = &slots[signal][relay % slots_per_signal];
    return atomic_load(&slot->used) && slot->generation == relay / slots_per_signal ? slot : NULL;
}

int64_t rbee_signal_relay_open(int signal) {
    if (signal <= 0 || signal >= NSIG) {
        return -EINVAL;
    }
    int64_t result = -EMFILE;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < slots_per_signal; i++) {
        struct slot *slot = &slots[signal][i];
        if (atomic_load(&slot->used)) {
            continue;
        }
        atomic_store(&slot->arrivals, 0);
        atomic_store(&slot->used, 1);
        if (users[signal] == 0) {
            struct sigaction action = {.sa_handler = relay, .sa_flags = SA_RESTART};
            sigfillset(&action.sa_mask);
            if (sigaction(signal, &action, &previous[signal]) != 0) {
                result = -errno;
                atomic_store(&slot->used, 0);
                break;
            }
        }
        users[signal]++;
        slot->generation++;
        result = slot->generation * slots_per_signal + i;
        break;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

uint64_t rbee_signal_relay_take(int signal, int64_t relay) {
    pthread_mutex_lock(&lock);
    struct slot *slot = open_slot(signal, relay);
    uint64_t arrivals = slot == NULL ? 0 : atomic_exchange(&slot->arrivals, 0);
    pthread_mutex_unlock(&lock);
    return arrivals;
}

void rbee_signal_relay_close(int signal, int64_t relay) {
    pthread_mutex_lock(&lock);
    struct slot *slot = open_slot(signal, relay);
    if (slot != NULL) {
        atomic_store(&slot->used, 0);
        if (--users[signal] == 0) {
            sigaction(signal, &previous[signal], NULL);
        }
    }
    pthread_mutex_unlock(&lock);
}
