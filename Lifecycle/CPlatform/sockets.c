#include "CPlatform.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int rbee_unix_stream(void) {
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int rbee_unix_datagram(void) {
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int unix_address(struct sockaddr_un *address, socklen_t *size, const void *name, size_t length) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int is_path = length > 0 && ((const char *)name)[0] != 0;
    if (length == 0 || length + (is_path ? 1 : 0) > sizeof address->sun_path) {
        errno = length == 0 ? EINVAL : ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, name, length);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (is_path ? 1 : 0));
    return 0;
}

int rbee_unix_bind(int socket, const void *name, size_t length) {
    struct sockaddr_un address;
    socklen_t size;
    if (unix_address(&address, &size, name, length) < 0) return -1;
    return bind(socket, (struct sockaddr *)&address, size);
}

int rbee_unix_connect(int socket, const void *name, size_t length) {
    struct sockaddr_un address;
    socklen_t size;
    if (unix_address(&address, &size, name, length) < 0) return -1;
    int result;
    do {
        result = connect(socket, (struct sockaddr *)&address, size);
    } while (result < 0 && errno == EINTR);
    return result;
}

int rbee_accept(int socket) {
    int descriptor;
    do {
        descriptor = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

int rbee_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -1;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int rbee_pass_credentials(int socket) {
    int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

static void close_descriptors(const struct cmsghdr *control) {
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < count; index++) {
        int descriptor;
        memcpy(&descriptor, CMSG_DATA(control) + index * sizeof(int), sizeof descriptor);
        close(descriptor);
    }
}

static void read_control(struct msghdr *message, struct ucred *sender) {
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL; control = CMSG_NXTHDR(message, control)) {
        if (control->cmsg_level != SOL_SOCKET) continue;
        if (control->cmsg_type == SCM_RIGHTS) close_descriptors(control);
        if (control->cmsg_type == SCM_CREDENTIALS && control->cmsg_len >= CMSG_LEN(sizeof *sender)) {
            memcpy(sender, CMSG_DATA(control), sizeof *sender);
        }
    }
}

ssize_t rbee_receive_datagram(int socket, void *buffer, size_t size, pid_t *pid, uid_t *uid, int *truncated) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int) * 8)];
    } control;
    struct iovec part = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct ucred sender = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
    ssize_t length;
    do {
        length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return -1;
    read_control(&message, &sender);
    *pid = sender.pid;
    *uid = sender.uid;
    *truncated = (message.msg_flags & MSG_TRUNC) != 0;
    return length;
}

ssize_t rbee_send_datagram(int socket, const void *name, size_t name_length, const void *bytes, size_t length) {
    struct sockaddr_un address;
    socklen_t size;
    if (unix_address(&address, &size, name, name_length) < 0) return -1;
    ssize_t sent;
    do {
        sent = sendto(socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, size);
    } while (sent < 0 && errno == EINTR);
    return sent;
}
