#include "CBench.h"

#include <sched.h>
#include <unistd.h>

int bench_set_core(pid_t thread, int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (core >= 0) {
        CPU_SET(core, &set);
    } else {
        long count = sysconf(_SC_NPROCESSORS_CONF);
        for (long i = 0; i < count && i < CPU_SETSIZE; i++) CPU_SET(i, &set);
    }
    return sched_setaffinity(thread, sizeof set, &set);
}
