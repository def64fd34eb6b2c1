// A plain program that knows nothing of rbee, for a hive to keep running: listens on a port of the loopback, answers every request with its own
// pid, ends at SIGTERM. It does as little as it can, so that what is measured is its supervisor.
//
//     rbee-plain PORT

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void end(int signal) {
    (void)signal;
    _exit(0);
}

static int fail(const char *what) {
    perror(what);
    return 1;
}

/// Reads one request, to the end of its head, and answers it. Whoever says nothing for a second is not waited for any longer.
static void serve(int connection) {
    struct timeval patience = {.tv_sec = 1};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char request[2048], answer[256], body[32];
    size_t used = 0;
    while (memmem(request, used, "\r\n\r\n", 4) == NULL) {
        ssize_t count = used < sizeof request ? recv(connection, request + used, sizeof request - used, 0) : 0;
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        used += (size_t)count;
    }
    int length = snprintf(body, sizeof body, "{\"pid\":%d}", (int)getpid());
    int size = snprintf(
        answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", length,
        body);
    (void)!send(connection, answer, (size_t)size, MSG_NOSIGNAL);
}

int main(int count, char **words) {
    long port = count == 2 ? strtol(words[1], NULL, 10) : 0;
    if (port < 1 || port > 65535) {
        fprintf(stderr, "usage: rbee-plain PORT\n");
        return 2;
    }
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    if (listener < 0) return fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return fail("bind");
    if (listen(listener, 128) != 0) return fail("listen");
    while (1) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        serve(connection);
        close(connection);
    }
}
