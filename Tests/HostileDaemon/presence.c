// What stands for it in the run directory: lock, line, record, sockets.
#include "hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct self self = {.directory = -1, .lock = -1, .port = -1};

enum { BACKLOG = 4096 };

_Noreturn void refuse(const char *what) {
    fprintf(stderr, "rbee-hostile: %s: %s\n", what, strerror(errno));
    exit(EXIT_SYSTEM);
}

long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void file_name(char *text, size_t size, const char *suffix) {
    snprintf(text, size, "%s.%s", options.instance, suffix);
}

static void read_text(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, size - 1);
    if (length < 0) refuse(path);
    close(file);
    text[length] = 0;
    text[strcspn(text, "\n")] = 0;
}

static void know_thyself(void) {
    char line[4096];
    struct stat about;
    read_text("/proc/self/stat", line, sizeof line);
    char *at = strrchr(line, ')');
    for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
    self.ticks = at != NULL ? strtoull(at + 1, NULL, 10) : 0;
    read_text("/proc/sys/kernel/random/boot_id", self.boot, sizeof self.boot);
    if (stat("/proc/self/ns/pid", &about) < 0) refuse("namespace");
    self.namespace = about.st_ino;
    self.pid = getpid();
    self.started = time(NULL);
}

/// 32 digits that nobody has drawn before.
static void draw_nonce(void) {
    unsigned char bytes[16];
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, bytes, sizeof bytes) != sizeof bytes) refuse("nonce");
    close(file);
    for (size_t index = 0; index < sizeof bytes; index++) snprintf(self.nonce + 2 * index, 3, "%02x", bytes[index]);
}

static void open_directory(void) {
    const char *home = getenv("RBEE_HOME");
    char path[4096];
    if (home == NULL) {
        errno = ENOENT;
        refuse("RBEE_HOME");
    }
    snprintf(path, sizeof path, "%s/run", home);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/run/%s", home, options.kind);
    mkdir(path, 0700);
    self.directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self.directory < 0) refuse(path);
    if (snprintf(self.socket_path, sizeof self.socket_path, "%s/%s.sock", path, options.instance) < 0) refuse(path);
}

/// Started by hand: takes the lock that a launcher would have taken, and writes its line.
static void take_lock(void) {
    char name[256];
    char line[256];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    file_name(name, sizeof name, "lock");
    self.lock = openat(self.directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (self.lock < 0) refuse(name);
    if (fcntl(self.lock, F_OFD_SETLK, &whole) < 0) exit(EXIT_LOST);
    int length = snprintf(line, sizeof line, "%d %llu %s %llu %s\n", (int)self.pid, self.ticks, self.boot, self.namespace, self.nonce);
    if (ftruncate(self.lock, 0) < 0 || pwrite(self.lock, line, (size_t)length, 0) != length) refuse("lock line");
}

void take_place(void) {
    const char *nonce = getenv("RBEE_NONCE");
    const char *lock = getenv("RBEE_LOCK_FD");
    know_thyself();
    if (nonce != NULL) snprintf(self.nonce, sizeof self.nonce, "%s", nonce);
    if (nonce == NULL) draw_nonce();
    self.owner = getenv("RBEE_OWNER");
    self.notify = getenv("NOTIFY_SOCKET");
    open_directory();
    if (lock == NULL) {
        take_lock();
    } else {
        self.lock = atoi(lock);
        fcntl(self.lock, F_SETFD, FD_CLOEXEC);
    }
}

void write_record(const char *state) {
    char name[256];
    char temporary[300];
    char text[8192];
    char address[128] = "";
    if (options.no_record) return;
    file_name(name, sizeof name, "json");
    snprintf(temporary, sizeof temporary, ".%s.%d-%llu-%.12s.tmp", name, (int)self.pid, self.ticks, self.nonce);
    if (self.port >= 0) snprintf(address, sizeof address, "\"base_url\":\"http://127.0.0.1:%ld\",\"port\":%ld,", self.port, self.port);
    int length = snprintf(text, sizeof text,
                          "{\"kind\":\"%s\",\"instance\":\"%s\",\"nonce\":\"%s\",\"pid\":%d,\"start_ticks\":%llu,\"boot_id\":\"%s\",\"pid_ns\":%llu,"
                          "%s%s%s\"state\":\"%s\",%s\"socket\":\"%s\",\"version\":\"0.1.0\",\"build_id\":\"hostile\",\"protocol\":1,"
                          "\"ttl_secs\":0,\"grace_ms\":10000,\"started_at\":%lld}\n",
                          options.kind, options.instance, self.nonce, (int)self.pid, self.ticks, self.boot, self.namespace,
                          self.owner != NULL ? "\"owner\":\"" : "", self.owner != NULL ? self.owner : "", self.owner != NULL ? "\"," : "", state,
                          address, self.socket_path, (long long)self.started);
    int file = openat(self.directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, text, (size_t)length) != length) refuse("record");
    close(file);
    if (renameat(self.directory, temporary, self.directory, name) < 0) refuse("record");
}

int listen_control(void) {
    char name[256];
    struct stat about;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    file_name(name, sizeof name, "sock");
    if (fstatat(self.directory, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(about.st_mode)) unlinkat(self.directory, name, 0);
    // Through the descriptor: however long the path is.
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%.80s", self.directory, name);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || fchmod(listener, 0600) < 0) refuse("socket");
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, BACKLOG) < 0) refuse(self.socket_path);
    return listener;
}

int listen_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int yes = 1;
    if (options.port < 0) return -1;
    address.sin_port = htons((unsigned short)options.port);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) refuse("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, BACKLOG) < 0) refuse("port");
    if (getsockname(listener, (struct sockaddr *)&address, &length) < 0) refuse("port");
    self.port = ntohs(address.sin_port);
    return listener;
}

static void remove_file(const char *suffix) {
    char name[256];
    if (options.leave_files) return;
    file_name(name, sizeof name, suffix);
    unlinkat(self.directory, name, 0);
}

void remove_socket(void) {
    remove_file("sock");
}

void remove_record(void) {
    remove_file("json");
}

void notify(const char *text) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (self.notify == NULL || strlen(self.notify) >= sizeof address.sun_path) return;
    size_t length = strlen(self.notify);
    memcpy(address.sun_path, self.notify, length);
    if (address.sun_path[0] == '@') address.sun_path[0] = 0;
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) return;
    sendto(sender, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(sender);
}
