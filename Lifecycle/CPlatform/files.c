#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int rbee_openat(int directory, const char *path, int flags, unsigned int mode) {
    int descriptor;
    do {
        descriptor = openat(directory, path, flags | O_CLOEXEC, (mode_t)mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

int rbee_open_reference(int directory, const char *path) {
    return rbee_openat(directory, path, O_PATH | O_NOFOLLOW, 0);
}

ssize_t rbee_read_file(int directory, const char *path, void *buffer, size_t size) {
    int descriptor = rbee_openat(directory, path, O_RDONLY, 0);
    if (descriptor < 0) return -1;
    size_t length = 0;
    ssize_t part = 1;
    while (length < size && part != 0) {
        part = read(descriptor, (char *)buffer + length, size - length);
        if (part < 0 && errno != EINTR) break;
        if (part > 0) length += (size_t)part;
    }
    int number = errno;
    close(descriptor);
    errno = number;
    return part < 0 ? -1 : (ssize_t)length;
}

int rbee_rename_new(int directory, const char *from, const char *to) {
    return renameat2(directory, from, directory, to, RENAME_NOREPLACE);
}

static int change_flags(int descriptor, int get, int set, int flag, int on) {
    int flags = fcntl(descriptor, get);
    if (flags < 0) return -1;
    return fcntl(descriptor, set, on ? flags | flag : flags & ~flag);
}

ssize_t rbee_write(int descriptor, const void *bytes, size_t length) {
    sigset_t pipe;
    sigset_t before;
    sigset_t pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t written = write(descriptor, bytes, length);
    int number = errno;
    // The signal is this thread's own and waits for it: it is taken, unless one waited before that is somebody else's business.
    struct timespec now = {0};
    if (written < 0 && number == EPIPE && !sigismember(&pending, SIGPIPE)) sigtimedwait(&pipe, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return written;
}

int rbee_set_cloexec(int descriptor, int on) {
    return change_flags(descriptor, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

int rbee_set_nonblocking(int descriptor, int on) {
    return change_flags(descriptor, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

int rbee_duplicate(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

int64_t rbee_filesystem_type(const char *path) {
    struct statfs about;
    int result;
    do {
        result = statfs(path, &about);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -1 : (int64_t)(uint32_t)about.f_type;
}

int rbee_pipe(int ends[2], int nonblocking) {
    return pipe2(ends, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0));
}

/// What an open folder is called now, by the kernel's own book-keeping. Of one that was removed, or that lies outside our root, nothing.
static ssize_t name_of_folder(int folder, char *buffer, size_t size) {
    struct statx about;
    if (statx(folder, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_NLINK, &about) != 0) {
        return -1;
    }
    if (!S_ISDIR(about.stx_mode)) {
        errno = ENOTDIR;
        return -1;
    }
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, buffer, size);
    if (length < 0) {
        return -1;
    }
    if (length == 0 || (size_t)length >= size || buffer[0] != '/' || about.stx_nlink == 0) {
        errno = EAGAIN;
        return -1;
    }
    return length;
}

ssize_t rbee_cached_folder(const char *path, char *buffer, size_t size) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED};
    int folder = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (folder < 0) {
        return -1;
    }
    ssize_t length = name_of_folder(folder, buffer, size);
    int saved = errno;
    close(folder);
    errno = saved;
    return length;
}

int rbee_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void rbee_error_text(int number, char *buffer, size_t size) {
    const char *text = strerrordesc_np(number);
    if (text != NULL) {
        snprintf(buffer, size, "%s", text);
    } else {
        snprintf(buffer, size, "error %d", number);
    }
}

const char *rbee_error_name(int number) {
    const char *name = strerrorname_np(number);
    return name != NULL ? name : "";
}
