#include "CSignalRelay.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { slots_per_signal = 8 };

// A slot is an eventfd + 1 (0: none yet) and whether it is in use. Written under `lock`, read by the handler.
struct slot {
    _Atomic int descriptor_plus_one;
    _Atomic int used;
};

static struct slot slots[NSIG][slots_per_signal];
static struct sigaction previous[NSIG];
static int users[NSIG];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void relay(int signal) {
    int saved = errno;
    for (int i = 0; i < slots_per_signal; i++) {
        struct slot *slot = &slots[signal][i];
        int descriptor = atomic_load(&slot->descriptor_plus_one) - 1;
        if (descriptor >= 0 && atomic_load(&slot->used)) {
            uint64_t one = 1;
            ssize_t written = write(descriptor, &one, sizeof one);
            (void)written; // full means that the reader has more than enough to wake up for
        }
    }
    errno = saved;
}

int rbee_signal_relay_open(int signal) {
    if (signal <= 0 || signal >= NSIG) {
        return -EINVAL;
    }
    int result = -EMFILE;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < slots_per_signal; i++) {
        struct slot *slot = &slots[signal][i];
        if (atomic_load(&slot->used)) {
            continue;
        }
        int descriptor = atomic_load(&slot->descriptor_plus_one) - 1;
        if (descriptor < 0) {
            descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
            if (descriptor < 0) {
                result = -errno;
                break;
            }
            atomic_store(&slot->descriptor_plus_one, descriptor + 1);
        }
        uint64_t stale;
        ssize_t drained = read(descriptor, &stale, sizeof stale);
        (void)drained; // empty is what is wanted
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
        result = descriptor;
        break;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

void rbee_signal_relay_close(int signal, int descriptor) {
    if (signal <= 0 || signal >= NSIG) {
        return;
    }
    pthread_mutex_lock(&lock);
    for (int i = 0; i < slots_per_signal; i++) {
        struct slot *slot = &slots[signal][i];
        if (atomic_load(&slot->used) && atomic_load(&slot->descriptor_plus_one) == descriptor + 1) {
            atomic_store(&slot->used, 0);
            if (--users[signal] == 0) {
                sigaction(signal, &previous[signal], NULL);
            }
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}
