#include "CBench.h"

#include <errno.h>
#include <sys/epoll.h>

int bench_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int bench_epoll_add(int epoll, int descriptor, uint32_t tag) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int bench_epoll_wait(int epoll, uint32_t *tags, int limit, int timeout_milliseconds) {
    struct epoll_event events[64];
    int count;
    do {
        count = epoll_wait(epoll, events, limit < 64 ? limit : 64, timeout_milliseconds);
    } while (count < 0 && errno == EINTR);
    for (int i = 0; i < count; i++) tags[i] = events[i].data.u32;
    return count;
}
