// The loop: gates, timers, signals, connections.
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/// Descriptors that are no connections: streams, lock, directory, signals, gate, listeners, and what a file is written through.
enum { OWN_DESCRIPTORS = 16 };
enum { CONNECTIONS = 1024, REQUEST_LIMIT = 64 * 1024, CHUNK = 16 * 1024 };

struct connection {
    int socket;
    char *input;
    size_t used;
    /// What it gets without end, or NULL.
    const char *stream;
};

/// What is polled: signals, a gate, two listeners, then the connections.
enum { SIGNALS, GATE, CONTROL, PORT, FIRST };

static struct pollfd polled[FIRST + CONNECTIONS];
static struct connection connections[CONNECTIONS];
static enum phase phase = COMING;
/// So many are served at once: poll() takes no more entries than this process may have descriptors.
static size_t connection_limit = CONNECTIONS;
/// When the phase is over by itself; -1: it is not.
static long long due = -1;
static long requests = 0;

static void set_gate(const char *path) {
    if (polled[GATE].fd >= 0) close(polled[GATE].fd);
    polled[GATE].fd = path != NULL ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
    if (path != NULL && polled[GATE].fd < 0) refuse(path);
}

/// Begins a phase that lasts for some time, or until somebody opens its gate, or no time at all.
static void begin(enum phase next, long milliseconds, const char *gate) {
    phase = next;
    set_gate(gate);
    due = milliseconds >= 0 || gate == NULL ? now() + (milliseconds > 0 ? milliseconds : 0) : -1;
}

static _Noreturn void leave(void) {
    remove_record();
    exit(options.drain_exit >= 0 ? (int)options.drain_exit : 0);
}

static void stop_listening(void) {
    for (int index = CONTROL; index <= PORT; index++) {
        if (polled[index].fd >= 0) close(polled[index].fd);
        polled[index].fd = -1;
    }
    remove_socket();
}

static void drain(void) {
    if (phase == DRAINING) return;
    write_record("draining");
    notify("STOPPING=1");
    if (options.drain_listening) {
        polled[CONTROL].events = 0;
        polled[PORT].events = 0;
    } else {
        stop_listening();
    }
    begin(DRAINING, options.drain, options.drain_gate);
}

static void stamp(void) {
    struct timespec time;
    char line[64];
    if (options.stamp == NULL) return;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int file = open(options.stamp, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int length = snprintf(line, sizeof line, "%lld\n", (long long)time.tv_sec * 1000000000 + time.tv_nsec);
    if (file < 0 || write(file, line, (size_t)length) != length) refuse(options.stamp);
    close(file);
}

static void announce(void) {
    const char *text = options.announce != NULL ? options.announce : "READY=1";
    size_t padding = options.announce_pad > 0 ? (size_t)options.announce_pad : 0;
    char *whole = malloc(padding + strlen(text) + 2);
    if (whole == NULL) refuse("memory");
    memset(whole, 'x', padding);
    strcpy(whole + padding, padding > 0 ? "\n" : "");
    strcat(whole + padding, text);
    notify(whole);
    free(whole);
}

static void become_ready(void) {
    phase = SERVING;
    due = -1;
    set_gate(NULL);
    if (options.never_healthy) return;
    stamp();
    write_record("ready");
    if (!options.no_notify) announce();
    if (options.drop_lock) close(self.lock);
}

static void come_up(void) {
    polled[CONTROL].fd = listen_control();
    polled[PORT].fd = listen_port();
    short wanted = options.deaf ? 0 : POLLIN;
    polled[CONTROL].events = wanted;
    polled[PORT].events = wanted;
    write_record("starting");
    begin(WARMING, options.warm_up, options.warm_up_gate);
}

static void advance(void) {
    switch (phase) {
    case COMING: come_up(); break;
    case WARMING: become_ready(); break;
    case SERVING: break;
    case DRAINING:
        if (options.drain_listening) remove_socket();
        leave();
    }
}

static void end_connection(size_t index) {
    close(connections[index].socket);
    free(connections[index].input);
    connections[index] = (struct connection){.socket = -1};
    polled[FIRST + index].fd = -1;
}

/// All of it, or nothing more to anybody who does not take it within a second.
static int send_all(int socket, const char *text, size_t length) {
    while (length > 0) {
        ssize_t sent = send(socket, text, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd one = {.fd = socket, .events = POLLOUT};
            if (poll(&one, 1, 1000) > 0) continue;
        }
        if (sent < 0) return -1;
        text += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static void take_in(int listener) {
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) return;
    for (size_t index = 0; index < connection_limit; index++) {
        if (polled[FIRST + index].fd >= 0) continue;
        connections[index] = (struct connection){.socket = socket, .input = malloc(REQUEST_LIMIT + 1)};
        polled[FIRST + index] = (struct pollfd){.fd = socket, .events = POLLIN};
        if (options.banner != NULL && send_all(socket, options.banner, strlen(options.banner)) < 0) end_connection(index);
        return;
    }
    close(socket);
}

/// Sends more of what has no end.
static void stream(size_t index) {
    static char chunk[CHUNK + 64];
    const char *text = connections[index].stream;
    size_t length = 0;
    while (length < CHUNK) length += (size_t)snprintf(chunk + length, 64, "%s", text);
    if (send(connections[index].socket, chunk, length, MSG_NOSIGNAL) < 0 && errno != EAGAIN) end_connection(index);
}

static void begin_stream(size_t index, const char *head, const char *text) {
    if (send_all(connections[index].socket, head, strlen(head)) < 0) return end_connection(index);
    connections[index].stream = text;
    polled[FIRST + index].events = POLLOUT;
}

/// One request, whose method and path these are.
static void respond(size_t index, const char *method, const char *path) {
    char *text = NULL;
    int ends = 0;
    long number = ++requests;
    if (options.die_after >= 0 && number > options.die_after) exit(EXIT_TOLD);
    if (options.mute || options.banner != NULL || (options.hang_after >= 0 && number > options.hang_after)) return;
    if (options.endless_head) return begin_stream(index, "HTTP/1.1 200 OK\r\n", "X-More: and more and more\r\n");
    if (options.endless_body) {
        return begin_stream(index, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000000000\r\n\r\n", "[[[[[[[[");
    }
    size_t length = answer(method, path, phase, &text, &ends);
    int failed = length > 0 && send_all(connections[index].socket, text, length) < 0;
    free(text);
    if (ends) drain();
    if (failed) end_connection(index);
}

/// The length of the request that its input begins with, or 0 while that is not whole.
static size_t whole_request(const struct connection *connection) {
    char *end = strstr(connection->input, "\r\n\r\n");
    if (end == NULL) return 0;
    size_t length = (size_t)(end - connection->input) + 4;
    const char *field = strcasestr(connection->input, "\r\ncontent-length:");
    if (field != NULL && field < end) length += strtoul(field + 17, NULL, 10);
    return length <= connection->used ? length : 0;
}

static void take_requests(size_t index) {
    struct connection *connection = &connections[index];
    size_t length;
    while (connection->socket >= 0 && connection->stream == NULL && (length = whole_request(connection)) > 0) {
        char method[16] = "";
        char path[256] = "";
        sscanf(connection->input, "%15s %255s", method, path);
        connection->used -= length;
        memmove(connection->input, connection->input + length, connection->used + 1);
        respond(index, method, path);
    }
}

static void read_from(size_t index) {
    struct connection *connection = &connections[index];
    ssize_t length = read(connection->socket, connection->input + connection->used, REQUEST_LIMIT - connection->used);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) return end_connection(index);
    connection->used += (size_t)length;
    connection->input[connection->used] = 0;
    take_requests(index);
}

static void take_signal(void) {
    struct signalfd_siginfo info;
    if (read(polled[SIGNALS].fd, &info, sizeof info) != sizeof info || options.ignore_term) return;
    if (phase == DRAINING) leave();
    drain();
}

static void flood(void) {
    static char line[100];
    memset(line, 'f', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (int count = 0; count < 100; count++) {
        if (write(STDERR_FILENO, line, sizeof line) < 0) return;
    }
}

static void chatter(void) {
    for (int count = 0; count < 100; count++) notify("STATUS=getting there");
}

static int patience(void) {
    if (options.flood_forever || options.chatter) return 1;
    if (due < 0) return -1;
    long long left = due - now();
    return left > 0 ? (int)left : 0;
}

static void prepare(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0) refuse("limits");
    if (files.rlim_cur < OWN_DESCRIPTORS + 1) files.rlim_cur = OWN_DESCRIPTORS + 1;
    if (files.rlim_cur - OWN_DESCRIPTORS < connection_limit) connection_limit = files.rlim_cur - OWN_DESCRIPTORS;
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    for (size_t index = 0; index < FIRST + CONNECTIONS; index++) polled[index] = (struct pollfd){.fd = -1, .events = POLLIN};
    for (size_t index = 0; index < CONNECTIONS; index++) connections[index].socket = -1;
    polled[SIGNALS].fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (polled[SIGNALS].fd < 0) refuse("signals");
}

_Noreturn void serve(void) {
    prepare();
    begin(COMING, options.delay, options.gate);
    for (;;) {
        int ready = poll(polled, FIRST + connection_limit, patience());
        if (ready < 0 && errno != EINTR) refuse("poll");
        if (options.flood_forever) flood();
        if (options.chatter) chatter();
        if (ready > 0 && polled[SIGNALS].revents != 0) take_signal();
        int opened = ready > 0 && polled[GATE].fd >= 0 && polled[GATE].revents != 0;
        if (opened || (due >= 0 && now() >= due)) advance();
        for (int index = CONTROL; ready > 0 && index <= PORT; index++) {
            if (polled[index].revents & polled[index].events & POLLIN) take_in(polled[index].fd);
        }
        for (size_t index = 0; ready > 0 && index < connection_limit; index++) {
            if (polled[FIRST + index].fd < 0 || polled[FIRST + index].revents == 0) continue;
            if (connections[index].stream != NULL) {
                stream(index);
            } else {
                read_from(index);
            }
        }
    }
}
