// What the benchmarks need of Linux and Swift's Glibc module leaves out, and the echo servers that are the floor of a socket.
#pragma once

#include <stdint.h>
#include <sys/types.h>

// MARK: Floor (echo.c)

/// Listens on a Unix socket, serves one connection at a time by blocking reads and writes: the least that an exchange can cost. Each frame (a
/// little-endian length of 4 bytes, and so many bytes) is answered with a frame of 46 bytes. Returns only when it cannot go on.
int bench_echo_one(const char *path);
/// The same for any number of connections at a time, by epoll.
int bench_echo_many(const char *path);

// MARK: Waiting for many connections (epoll.c)

int bench_epoll_create(void);
/// Watches a descriptor for input; `tag` comes back with it.
int bench_epoll_add(int epoll, int descriptor, uint32_t tag);
/// Waits for input on any of them, and repeats when a signal interrupts. The count of tags written; 0 after the timeout; -1 and errno.
int bench_epoll_wait(int epoll, uint32_t *tags, int limit, int timeout_milliseconds);

// MARK: Scheduling (cores.c)

/// Lets one thread run on one core, or with -1 on every one. -1 and errno.
int bench_set_core(pid_t thread, int core);
