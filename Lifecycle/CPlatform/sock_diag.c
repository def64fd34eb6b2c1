#include "CPlatform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct question {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
};

static int open_diag(void) {
    int socket_descriptor = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (socket_descriptor < 0) return -1;
    // The kernel answers within the send; the limit only guards against an answer that never comes.
    struct timeval limit = {.tv_sec = 1};
    setsockopt(socket_descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return socket_descriptor;
}

static int ask(int diag, const struct question *question) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do {
        sent = sendto(diag, question, sizeof *question, 0, (struct sockaddr *)&kernel, sizeof kernel);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof *question ? 0 : -1;
}

static int answer(int diag, struct rbee_socket_owner *owner) {
    union {
        struct nlmsghdr header;
        char room[4096];
    } reply;
    ssize_t length;
    do {
        length = recv(diag, &reply, sizeof reply, 0);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return -1;
    if (!NLMSG_OK(&reply.header, (size_t)length)) {
        errno = EPROTO;
        return -1;
    }
    if (reply.header.nlmsg_type == NLMSG_ERROR) {
        struct nlmsgerr *failure = NLMSG_DATA(&reply.header);
        errno = -failure->error;
        return -1;
    }
    if (reply.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || reply.header.nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
        errno = EPROTO;
        return -1;
    }
    struct inet_diag_msg *found = NLMSG_DATA(&reply.header);
    owner->uid = found->idiag_uid;
    owner->inode = found->idiag_inode;
    owner->state = found->idiag_state;
    return 1;
}

int rbee_tcp_owner(int ipv6, const void *local, uint16_t local_port, const void *remote, uint16_t remote_port, struct rbee_socket_owner *owner) {
    struct question question;
    memset(&question, 0, sizeof question);
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST;
    question.request.sdiag_family = ipv6 ? AF_INET6 : AF_INET;
    question.request.sdiag_protocol = IPPROTO_TCP;
    question.request.idiag_states = (uint32_t)-1;
    question.request.id.idiag_sport = htons(local_port);
    question.request.id.idiag_dport = htons(remote_port);
    memcpy(question.request.id.idiag_src, local, ipv6 ? 16 : 4);
    memcpy(question.request.id.idiag_dst, remote, ipv6 ? 16 : 4);
    question.request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    int diag = open_diag();
    if (diag < 0) return -1;
    int result = ask(diag, &question) < 0 ? -1 : answer(diag, owner);
    int number = errno;
    close(diag);
    errno = number;
    // Protocol handler absent (a kernel without tcp_diag) and no such socket are both ENOENT: the caller falls back to /proc/net/tcp.
    return result;
}

/// Takes what one datagram tells. The kernel's word on the end: 1 there is more to come, 0 that was all, -1 with errno.
static int take(const struct nlmsghdr *header, size_t length, int ipv6, struct rbee_listener *found, int limit, int *count) {
    for (; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
        if (header->nlmsg_type == NLMSG_DONE) return 0;
        if (header->nlmsg_type == NLMSG_ERROR) {
            errno = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
            return -1;
        }
        if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) continue;
        const struct inet_diag_msg *one = NLMSG_DATA(header);
        if (*count < limit) {
            memset(&found[*count], 0, sizeof found[*count]);
            memcpy(found[*count].address, one->id.idiag_src, ipv6 ? 16 : 4);
            found[*count].uid = one->idiag_uid;
            found[*count].inode = one->idiag_inode;
            found[*count].port = ntohs(one->id.idiag_sport);
        }
        *count += 1;
    }
    return 1;
}

int rbee_tcp_listeners(int ipv6, uint16_t port, struct rbee_listener *found, int limit) {
    union {
        struct nlmsghdr header;
        char room[16384];
    } reply;
    struct question question;
    memset(&question, 0, sizeof question);
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    question.request.sdiag_family = ipv6 ? AF_INET6 : AF_INET;
    question.request.sdiag_protocol = IPPROTO_TCP;
    question.request.idiag_states = 1 << 10;  // TCP_LISTEN
    question.request.id.idiag_sport = htons(port);
    int diag = open_diag();
    if (diag < 0) return -1;
    int count = 0;
    int result = ask(diag, &question) < 0 ? -1 : 1;
    while (result > 0) {
        ssize_t length = recv(diag, &reply, sizeof reply, 0);
        if (length < 0 && errno == EINTR) continue;
        result = length < 0 ? -1 : take(&reply.header, (size_t)length, ipv6, found, limit, &count);
    }
    int number = errno;
    close(diag);
    errno = number;
    return result < 0 ? -1 : count;
}
