import CPlatform
import Glibc

/// The daemon's end of sd_notify: tells whoever started it, rbee or systemd, how far it has come.
///
/// Telling is a courtesy: nothing waits, and a starter that has gone away is no error.
package struct ServiceNotifier: Sendable {
    private let name: [UInt8]

    /// Speaks to the NOTIFY_SOCKET of an environment; nil where there is none.
    package init?(environment: [String: String]) {
        guard let address = environment["NOTIFY_SOCKET"], address.hasPrefix("@") || address.hasPrefix("/"), address.utf8.count > 1 else {
            return nil
        }
        name = Self.name(address)
    }

    /// It serves now.
    @discardableResult
    package func ready() -> Bool { send("READY=1\nMAINPID=\(getpid())") }

    /// It has begun to stop.
    @discardableResult
    package func stopping() -> Bool { send("STOPPING=1") }

    /// It needs this much longer to start or stop.
    @discardableResult
    package func extendTimeout(by duration: Duration) -> Bool {
        let parts = duration.components
        let (microseconds, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000_000)
        return send("EXTEND_TIMEOUT_USEC=\(overflow ? Int64.max : microseconds &+ parts.attoseconds / 1_000_000_000_000)")
    }

    /// It is alive.
    @discardableResult
    package func watchdog() -> Bool { send("WATCHDOG=1") }

    /// What it is doing, in one line for people.
    @discardableResult
    package func status(_ text: String) -> Bool {
        send("STATUS=\(text.split(whereSeparator: \.isNewline).joined(separator: " "))")
    }

    /// Sends lines as they are.
    ///
    /// - Returns: whether they were taken.
    @discardableResult
    package func send(_ text: String) -> Bool {
        let number = rbee_unix_datagram()
        guard number >= 0 else { return false }
        let socket = Descriptor(adopting: number)
        let bytes = Array(text.utf8)
        return socket.use { rbee_send_datagram($0, name, name.count, bytes, bytes.count) } == bytes.count
    }

    /// A leading "@" stands for the zero byte of an abstract name.
    static func name(_ address: String) -> [UInt8] {
        var bytes = Array(address.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        return bytes
    }
}
