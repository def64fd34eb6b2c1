#include "CBench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { answer_size = 50, input_size = 1 << 18, most_answers = 1024 };

/// How far into a frame a connection is.
struct frames {
    int socket;
    unsigned head_bytes;
    uint32_t head;
    size_t left;
};

/// Takes what was read; the count of frames that it ended.
static unsigned take(struct frames *frames, const unsigned char *bytes, size_t count) {
    unsigned done = 0;
    while (count > 0) {
        if (frames->head_bytes < 4) {
            frames->head |= (uint32_t)*bytes << (8 * frames->head_bytes);
            bytes++;
            count--;
            if (++frames->head_bytes < 4) continue;
            frames->left = frames->head;
        } else {
            size_t part = count < frames->left ? count : frames->left;
            bytes += part;
            count -= part;
            frames->left -= part;
        }
        if (frames->left == 0) {
            frames->head_bytes = 0;
            frames->head = 0;
            done++;
        }
    }
    return done;
}

static int listen_on(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) return -1;
    return listener;
}

/// As large as a daemon's answer to a ping, as often as it was asked for. All of them, or the connection is given up.
static int answer(int socket, unsigned count) {
    static unsigned char answers[answer_size * most_answers];
    if (answers[0] == 0) {
        for (size_t i = 0; i < sizeof answers; i += answer_size) answers[i] = answer_size - 4;
    }
    while (count > 0) {
        unsigned part = count < most_answers ? count : most_answers;
        ssize_t size = (ssize_t)part * answer_size;
        if (send(socket, answers, (size_t)size, MSG_NOSIGNAL) != size) return -1;
        count -= part;
    }
    return 0;
}

/// Reads once and answers what is complete. 0 when the connection is over.
static int serve(struct frames *frames, unsigned char *input, int flags) {
    ssize_t count = recv(frames->socket, input, input_size, flags);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
    if (count <= 0) return 0;
    unsigned done = take(frames, input, (size_t)count);
    return done == 0 || answer(frames->socket, done) == 0;
}

int bench_echo_one(const char *path) {
    int listener = listen_on(path);
    unsigned char *input = malloc(input_size);
    if (listener < 0 || input == NULL) return -1;
    while (1) {
        struct frames frames = {.socket = accept(listener, NULL, NULL)};
        if (frames.socket < 0) return -1;
        while (serve(&frames, input, 0)) {}
        close(frames.socket);
    }
}

int bench_echo_many(const char *path) {
    int listener = listen_on(path), epoll = bench_epoll_create();
    unsigned char *input = malloc(input_size);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (listener < 0 || epoll < 0 || input == NULL || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) return -1;
    struct epoll_event ready[64];
    while (1) {
        int count = epoll_wait(epoll, ready, 64, -1);
        if (count < 0 && errno != EINTR) return -1;
        for (int i = 0; i < count; i++) {
            struct frames *frames = ready[i].data.ptr;
            if (frames == NULL) {
                frames = calloc(1, sizeof *frames);
                int socket = accept(listener, NULL, NULL);
                if (frames == NULL || socket < 0) return -1;
                frames->socket = socket;
                struct epoll_event input_event = {.events = EPOLLIN, .data.ptr = frames};
                if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &input_event) != 0) return -1;
            } else if (!serve(frames, input, MSG_DONTWAIT)) {
                close(frames->socket);
                free(frames);
            }
        }
    }
}
