// What is told to the starter.
#include "launch.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { DEAF_AFTER = 5000 };

void report(const char *format, ...) {
    char line[512];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line - 1, format, values);
    va_end(values);
    if (length < 0 || length >= (int)sizeof line - 1) return;
    line[length++] = '\n';
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    int ready;
    do {
        ready = poll(&output, 1, DEAF_AFTER);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return;
    ssize_t written;
    do {
        written = write(STDOUT_FILENO, line, (size_t)length);
    } while (written < 0 && errno == EINTR);
}

int is_heard(void) {
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) >= 0 && (output.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}
