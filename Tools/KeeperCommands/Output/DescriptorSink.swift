internal import Glibc

/// A file descriptor written with `write(2)`, unbuffered: what has been said has left the process.
package struct DescriptorSink: ByteSink {
    package let descriptor: Int32
    package let isTerminal: Bool

    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    package static let standardOutput = DescriptorSink(STDOUT_FILENO)
    package static let standardError = DescriptorSink(STDERR_FILENO)

    /// A pipe or socket whose other end is closed, or a terminal that went away.
    package var isAbandoned: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0 && Int32(poll.revents) & (POLLERR | POLLHUP) != 0
    }

    package func write(_ bytes: [UInt8]) throws(OutputError) {
        var offset = 0
        while offset < bytes.count {
            let (written, error) = bytes[offset...].withUnsafeBytes { buffer in
                let count = Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                return (count, count < 0 ? errno : 0)
            }
            if written >= 0 {
                offset += written
                continue
            }
            switch error {
            case EINTR:
                continue
            case EAGAIN:
                // Whoever shares the terminal or pipe made it nonblocking: wait until it takes more.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
            case EPIPE:
                throw .closed
            default:
                throw .failed(error)
            }
        }
    }
}
