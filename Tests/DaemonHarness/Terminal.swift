internal import EventLoop
internal import Glibc
internal import Platform

/// A terminal of the test's own, as a window or a login over the network has one.
package final class Terminal: Sendable {
    /// The device, for a program to open.
    package let path: String
    private let master: Descriptor

    package init() throws {
        let number = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(errno: errno, "open", path: "/dev/ptmx") }
        master = Descriptor(adopting: number)
        // TIOCGPTN and TIOCSPTLCK, which Glibc's module leaves out: which one it is, and that it may be opened.
        var (which, locked): (CInt, CInt) = (0, 0)
        guard ioctl(number, 0x8004_5430, &which) == 0, ioctl(number, 0x4004_5431, &locked) == 0 else {
            throw SystemError(errno: errno, "unlock a terminal")
        }
        path = "/dev/pts/\(which)"
        try master.setNonBlocking(true)
    }

    /// Reads what is said on it until that holds the text.
    package func output(until text: String) async throws -> String {
        var said = ""
        while !said.contains(text) {
            if let bytes = try master.read(upTo: 4096) {
                said += String(decoding: bytes, as: UTF8.self)
            } else {
                try await EventLoop.shared.withDeadline(TestAPI.patience) { [master] in try await EventLoop.shared.readable(master.rawValue)
                }
            }
        }
        return said
    }

    /// Closes it: whoever leads a session on it gets a SIGHUP.
    package func hangUp() {
        master.close()
    }
}
