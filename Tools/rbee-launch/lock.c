// The daemon's lock: an open-file-description lock, and the line that says who holds it.
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_linked(int descriptor, const char *path) {
    struct stat opened;
    struct stat linked;
    if (fstat(descriptor, &opened) < 0 || fstatat(AT_FDCWD, path, &linked, AT_SYMLINK_NOFOLLOW) < 0) return 0;
    return opened.st_dev == linked.st_dev && opened.st_ino == linked.st_ino;
}

static int open_lock(const char *path) {
    int descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (descriptor < 0) return -1;
    struct stat about;
    if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid()) return descriptor;
    close(descriptor);
    errno = EPERM;
    return -1;
}

enum lock_result take_lock(const char *path, int *descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    // A round is lost only when somebody replaces the file between opening and locking it.
    for (int round = 0; round < 100; round++) {
        int file = open_lock(path);
        if (file < 0) return LOCK_FAILED;
        if (fcntl(file, F_OFD_SETLK, &whole) < 0) {
            int number = errno;
            close(file);
            errno = number;
            return number == EAGAIN || number == EACCES ? LOST : LOCK_FAILED;
        }
        if (is_linked(file, path)) {
            *descriptor = file;
            return LOCKED;
        }
        close(file);
    }
    errno = ESTALE;
    return LOCK_FAILED;
}

static int read_boot_id(char *text, size_t size) {
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, text, size - 1);
    close(file);
    if (length <= 0) return -1;
    text[length] = 0;
    text[strcspn(text, "\n")] = 0;
    return 0;
}

int is_signed_by(int lock, const char *nonce) {
    char line[257];
    ssize_t length = pread(lock, line, sizeof line - 1, 0);
    if (length < 0) return 0;
    line[length] = 0;
    if (strcmp(nonce, "none") == 0) return length == 0;
    char *last = strrchr(line, ' ');
    return last != NULL && strncmp(last + 1, nonce, strlen(nonce)) == 0 && strcmp(last + 1 + strlen(nonce), "\n") == 0;
}

int write_lock_line(int lock, const char *nonce) {
    char boot[64];
    char line[256];
    struct stat namespace;
    unsigned long long ticks = start_ticks(0);
    if (read_boot_id(boot, sizeof boot) < 0 || stat("/proc/self/ns/pid", &namespace) < 0 || ticks == 0) {
        errno = ENOENT;
        return -1;
    }
    int length = snprintf(line, sizeof line, "%d %llu %s %llu %s\n", (int)getpid(), ticks, boot, (unsigned long long)namespace.st_ino, nonce);
    // Emptied first: a reader sees no line rather than a mixture of two. What is empty is left so: a file that was emptied is written to the disk at
    // its last close.
    struct stat about;
    if (fstat(lock, &about) < 0 || (about.st_size > 0 && ftruncate(lock, 0) < 0)) return -1;
    ssize_t written = pwrite(lock, line, (size_t)length, 0);
    if (written == length) return 0;
    if (written >= 0) errno = ENOSPC;
    return -1;
}
