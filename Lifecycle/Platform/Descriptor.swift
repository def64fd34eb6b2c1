import CPlatform
import Glibc
import Synchronization

/// The owner of one file descriptor, which it closes exactly once.
///
/// Keep the owner alive for as long as its number is in use: hold it in a property, or use the number inside `use`.
package final class Descriptor: Sendable {
    private let number: Atomic<Int32>

    /// Takes over a descriptor that nobody else closes.
    package init(adopting number: Int32) {
        self.number = Atomic(number)
    }

    deinit {
        close()
    }

    /// The number, or -1 once closed or released.
    package var rawValue: Int32 { number.load(ordering: .acquiring) }

    /// Whether it is still open.
    package var isOpen: Bool { rawValue >= 0 }

    /// Calls `body` with the number, which stays open meanwhile.
    package func use<Result>(_ body: (Int32) -> Result) -> Result {
        withExtendedLifetime(self) { body(rawValue) }
    }

    /// Closes it now. Later calls do nothing.
    package func close() {
        let last = number.exchange(-1, ordering: .acquiringAndReleasing)
        if last >= 0 { _ = Glibc.close(last) }
    }

    /// Gives the number up to the caller, who closes it from now on.
    package func release() -> Int32 {
        number.exchange(-1, ordering: .acquiringAndReleasing)
    }

    /// A second descriptor of the same open file, close-on-exec.
    package func duplicate() throws(SystemError) -> Descriptor {
        let copy = use(rbee_duplicate)
        guard copy >= 0 else { throw SystemError(errno: errno, "duplicate a descriptor") }
        return Descriptor(adopting: copy)
    }

    /// Sets or clears close-on-exec.
    package func setCloseOnExec(_ on: Bool) throws(SystemError) {
        guard use({ rbee_set_cloexec($0, on ? 1 : 0) }) >= 0 else { throw SystemError(errno: errno, "change a descriptor's flags") }
    }

    /// Sets or clears non-blocking mode.
    package func setNonBlocking(_ on: Bool) throws(SystemError) {
        guard use({ rbee_set_nonblocking($0, on ? 1 : 0) }) >= 0 else { throw SystemError(errno: errno, "change a descriptor's flags") }
    }

    /// Reads once, at most `limit` bytes. Empty at the end of input; nil when a non-blocking descriptor has nothing yet.
    package func read(upTo limit: Int) throws(SystemError) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = use { Glibc.read($0, &buffer, limit) }
            if count >= 0 { return Array(buffer.prefix(count)) }
            let failure = errno
            if failure == EINTR { continue }
            if failure == EAGAIN { return nil }
            throw SystemError(errno: failure, "read")
        }
    }

    /// Reads to the end of a blocking descriptor, failing with EFBIG beyond `limit` bytes.
    package func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            guard let part = try read(upTo: min(65536, limit + 1 - all.count)) else { throw SystemError(errno: EAGAIN, "read") }
            if part.isEmpty { return all }
            all += part
            guard all.count <= limit else { throw SystemError(errno: EFBIG, "read") }
        }
    }

    /// Writes everything to a blocking descriptor. A reader that is gone is an EPIPE, and never a signal.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = use { number in
                bytes.withUnsafeBytes { rbee_write(number, $0.baseAddress?.advanced(by: written), $0.count - written) }
            }
            if count >= 0 {
                written += count
                continue
            }
            let failure = errno
            if failure != EINTR { throw SystemError(errno: failure, "write") }
        }
    }

    /// Writes once, as much as a non-blocking descriptor takes. A reader that is gone is an EPIPE, and never a signal.
    ///
    /// - Returns: how many bytes were taken; 0 when there is no room now.
    package func write(some bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        while true {
            let count = use { number in bytes.withUnsafeBytes { rbee_write(number, $0.baseAddress, $0.count) } }
            if count >= 0 { return count }
            let failure = errno
            if failure == EAGAIN { return 0 }
            if failure != EINTR { throw SystemError(errno: failure, "write") }
        }
    }

    /// Waits for data that has reached the file to reach the disk.
    package func synchronize() throws(SystemError) {
        guard use(fsync) == 0 else { throw SystemError(errno: errno, "synchronize a file") }
    }

    /// What it is open on.
    package func identity() throws(SystemError) -> FileIdentity {
        var about = stat()
        guard use({ fstat($0, &about) }) == 0 else { throw SystemError(errno: errno, "examine a descriptor") }
        return FileIdentity(about)
    }

    /// A pipe, both ends close-on-exec.
    package static func pipe(nonBlocking: Bool = false) throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard rbee_pipe(&ends, nonBlocking ? 1 : 0) == 0 else { throw SystemError(errno: errno, "make a pipe") }
        return (Descriptor(adopting: ends[0]), Descriptor(adopting: ends[1]))
    }
}
