// What Glibc's Swift module does not import: variadic calls, GNU extensions, raw system calls and socket control messages.
// Thin wrappers, no decisions. Unless said otherwise each returns -1 and sets errno when the kernel refuses.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: Files (files.c)

/// openat(2), repeated when a signal interrupts it. O_CLOEXEC is always added.
int rbee_openat(int directory, const char *path, int flags, unsigned int mode);
/// openat(2) with O_PATH | O_NOFOLLOW: a reference to the file itself, of whatever kind, without opening it.
int rbee_open_reference(int directory, const char *path);
/// The path without links of a folder, if the kernel has all of it in memory: never waits for a disk or a server, as realpath(3) may. Its length;
/// -1 with EAGAIN where that cannot be told, ENOTDIR for what is no folder.
ssize_t rbee_cached_folder(const char *path, char *buffer, size_t size);
/// The first `size` bytes of a file: openat, read to its end or until the buffer is full, close. The count.
ssize_t rbee_read_file(int directory, const char *path, void *buffer, size_t size);
/// renameat2(2) within one directory that fails with EEXIST instead of replacing.
int rbee_rename_new(int directory, const char *from, const char *to);
/// write(2) that raises no SIGPIPE, whatever the process does about that signal: a reader that is gone is EPIPE and nothing else.
ssize_t rbee_write(int descriptor, const void *bytes, size_t length);
int rbee_set_cloexec(int descriptor, int on);
int rbee_set_nonblocking(int descriptor, int on);
/// F_DUPFD_CLOEXEC.
int rbee_duplicate(int descriptor);
/// statfs(2) f_type of a path.
int64_t rbee_filesystem_type(const char *path);
int rbee_pipe(int ends[2], int nonblocking);
int rbee_eventfd(void);
/// The text of an errno, always terminated.
void rbee_error_text(int number, char *buffer, size_t size);
/// The name of an errno ("ENOENT"), or an empty string.
const char *rbee_error_name(int number);

// MARK: Locks (locks.c)

/// Takes an exclusive open-file-description lock on the whole file, without waiting. EAGAIN or EACCES: another description has it.
int rbee_ofd_lock(int descriptor);
/// Gives up the lock of this open file description, whoever else has the description.
int rbee_ofd_unlock(int descriptor);
/// Whether another open file description holds a lock here: 1 yes, 0 no. Takes nothing; works on a read-only descriptor.
int rbee_ofd_query(int descriptor);

// MARK: Processes (processes.c)

int rbee_pidfd_open(pid_t pid);
int rbee_pidfd_send_signal(int pidfd, int signal);
/// poll(2) for input on one descriptor: 1 ready, 0 timed out. A negative timeout waits without limit.
int rbee_poll_readable(int descriptor, int timeout_milliseconds);
/// waitid(P_PIDFD, WEXITED): 1 reaped, 0 not yet (only with nohang). `code` is 0 for an exit and 1 for a signal, `status` its number.
int rbee_wait_pidfd(int pidfd, int nohang, int *code, int *status);
int rbee_close_range(unsigned int first, unsigned int last, int cloexec_only);
/// Gives free memory of the heap back to the kernel.
void rbee_trim_memory(void);
int rbee_set_subreaper(int on);
int rbee_set_parent_death_signal(int signal);
int rbee_set_thread_name(const char *name);

// MARK: Trying a program (spawn.c)

/// posix_spawn(2) into a session of its own: default signals, /dev/null as input, `output` as both outputs, nothing else open, cwd "/".
/// Returns 0 or an errno, also one of the exec.
int rbee_spawn_isolated(const char *path, char *const arguments[], char *const environment[], int output, int complaints, pid_t *pid);

// MARK: Sockets (sockets.c)

/// A close-on-exec, non-blocking AF_UNIX socket.
int rbee_unix_stream(void);
int rbee_unix_datagram(void);
/// The name is a path, or abstract when it begins with a zero byte. ENAMETOOLONG when it does not fit sun_path.
int rbee_unix_bind(int socket, const void *name, size_t length);
int rbee_unix_connect(int socket, const void *name, size_t length);
/// accept4(2), close-on-exec and non-blocking.
int rbee_accept(int socket);
/// SO_PEERCRED.
int rbee_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);
/// SO_PASSCRED.
int rbee_pass_credentials(int socket);
/// One datagram with its sender. `*pid` is 0 without credentials; `*truncated` tells that it did not fit. Descriptors sent along are closed.
ssize_t rbee_receive_datagram(int socket, void *buffer, size_t size, pid_t *pid, uid_t *uid, int *truncated);
/// One datagram to a name as in rbee_unix_bind; never raises SIGPIPE.
ssize_t rbee_send_datagram(int socket, const void *name, size_t name_length, const void *bytes, size_t length);

// MARK: sock_diag (sock_diag.c)

struct rbee_socket_owner {
    uint32_t uid;
    uint32_t inode;
    uint8_t state;
};

/// Asks NETLINK_SOCK_DIAG for the TCP socket with exactly these two ends. Addresses are 4 or 16 bytes in network order, ports in host order.
/// 1 found, else -1. ENOENT says no such socket, and also a kernel without tcp_diag: only /proc/net/tcp tells the two apart.
int rbee_tcp_owner(int ipv6, const void *local, uint16_t local_port, const void *remote, uint16_t remote_port, struct rbee_socket_owner *owner);

struct rbee_listener {
    /// 4 or 16 bytes in network order.
    uint8_t address[16];
    uint32_t uid;
    uint32_t inode;
    /// In host order.
    uint16_t port;
};

/// The sockets that listen on a port, on any with 0, of one family: how many there are, of which at most `limit` are told. Nothing else is looked
/// at: reading /proc/net/tcp goes through all that a large machine has room for.
int rbee_tcp_listeners(int ipv6, uint16_t port, struct rbee_listener *found, int limit);

// MARK: Memory (memory.c)

/// Forgets the pages of program and libraries that hold what their files hold: they come back, as they are used, from the page cache.
void rbee_release_code_pages(void);

#include "CSignalRelay.h"
#include "CThread.h"
