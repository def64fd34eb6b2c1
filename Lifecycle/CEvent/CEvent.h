// libevent's core: base and events. Not its evhttp, and no bufferevents: connections read and write their sockets themselves,
// which keeps back-pressure exact and an idle connection small.
//
// First, because libevent's configuration defines _GNU_SOURCE, and Swift's Glibc module was compiled without it.
#include <features.h>

#include <event2/event.h>
