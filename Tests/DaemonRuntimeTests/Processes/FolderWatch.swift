import Glibc
import Platform

@testable import DaemonRuntime

/// Waits for something to become true in a folder, woken by the kernel whenever anything there changes.
struct FolderWatch: ~Copyable {
    struct Failure: Error {}

    private let notifications: Int32

    /// Begins to watch; what happens from now on is not missed.
    init(_ path: String) throws {
        notifications = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        let events = IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE
        guard notifications >= 0, inotify_add_watch(notifications, path, UInt32(events)) >= 0 else {
            throw SystemError(errno: errno, "watch", path: path)
        }
    }

    deinit { close(notifications) }

    func wait(within seconds: UInt64 = 20, until isTrue: () throws -> Bool) throws {
        let deadline = Monotonic.now().adding(seconds * 1_000_000_000)
        while try !isTrue() {
            let left = Int32(clamping: deadline.since(.now()) / 1_000_000)
            var waiting = pollfd(fd: notifications, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&waiting, 1, left) > 0 else { throw Failure() }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while read(notifications, &buffer, buffer.count) > 0 {}
        }
    }
}
