import CPlatform
import Glibc

/// `/proc/net/tcp` and `/proc/net/tcp6`.
package enum TCPTable {
    /// One socket in it.
    package struct Entry: Hashable, Sendable {
        package var local: SocketAddress
        package var remote: SocketAddress
        /// As in the kernel: 1 established, 10 listening.
        package var state: UInt8
        package var uid: UInt32
        /// 0 for a socket that no process has any more.
        package var inode: UInt64

        package static let listening: UInt8 = 10

        /// A socket that listens.
        init(listener address: SocketAddress, uid: UInt32, inode: UInt64) {
            local = address
            remote = SocketAddress(unspecifiedLike: address)
            state = Self.listening
            self.uid = uid
            self.inode = inode
        }

        /// Reads one line, addresses in the kernel's form: 32-bit words of this machine's byte order.
        package init?(line: some StringProtocol) {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 10, let local = Self.address(fields[1]), let remote = Self.address(fields[2]),
                let state = UInt8(fields[3], radix: 16),
                let uid = UInt32(fields[7]), let inode = UInt64(fields[9])
            else { return nil }
            self.local = local
            self.remote = remote
            self.state = state
            self.uid = uid
            self.inode = inode
        }

        private static func address(_ text: some StringProtocol) -> SocketAddress? {
            let halves = text.split(separator: ":")
            guard halves.count == 2, halves[0].utf8.count % 8 == 0, let port = UInt16(halves[1], radix: 16) else { return nil }
            let digits = Array(halves[0])
            let words = stride(from: 0, to: digits.count, by: 8).map { UInt32(String(digits[$0..<($0 + 8)]), radix: 16) }
            guard !words.contains(nil) else { return nil }
            return SocketAddress(bytes: words.compactMap { $0 }.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }, port: port)
        }
    }

    /// Those of both tables that `isWanted`, up to the first that `isLast`.
    ///
    /// - Throws: when neither table can be read.
    package static func entries(where isWanted: (Entry) -> Bool, until isLast: (Entry) -> Bool) throws(SystemError) -> [Entry] {
        var found: [Entry] = []
        var readable = false
        for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
            let number = rbee_openat(AT_FDCWD, path, O_RDONLY, 0)
            guard number >= 0 else { continue }
            readable = true
            var lines = LineReader(Descriptor(adopting: number))
            _ = try lines.next()
            while let line = try lines.next() {
                guard let entry = Entry(line: line) else { continue }
                if isWanted(entry) { found.append(entry) }
                if isLast(entry) { break }
            }
        }
        guard readable else { throw SystemError(errno: errno, "read", path: "/proc/net/tcp") }
        return found
    }

    /// The sockets that listen on a port.
    package static func listeners(on port: UInt16) throws(SystemError) -> [Entry] {
        if let asked = asked(port) { return asked }
        // A kernel without tcp_diag. Those that listen stand before all others in the tables.
        return try entries(where: { $0.state == Entry.listening && $0.local.port == port }, until: { $0.state != Entry.listening })
    }

    /// All ports of this machine that somebody listens on, in one look; nil when the kernel does not tell, or there are more than anybody has.
    package static func listeningPorts() -> Set<UInt16>? {
        asked(0, room: 16_384).map { Set($0.map(\.local.port)) }
    }

    /// What the kernel answers at once; nil when it does not.
    ///
    /// - Parameter port: 0 means all.
    private static func asked(_ port: UInt16, room limit: Int = 64) -> [Entry]? {
        var found: [Entry] = []
        for isSix in [false, true] {
            var room = [rbee_listener](repeating: rbee_listener(), count: limit)
            let count = Int(rbee_tcp_listeners(isSix ? 1 : 0, port, &room, Int32(room.count)))
            // Without IPv6 there is nobody there.
            if count < 0, isSix, [ENOENT, EAFNOSUPPORT].contains(errno) { continue }
            guard (0...room.count).contains(count) else { return nil }
            found += room.prefix(count).compactMap { listener in
                let bytes = withUnsafeBytes(of: listener.address) { Array($0.prefix(isSix ? 16 : 4)) }
                guard let address = SocketAddress(bytes: bytes, port: listener.port) else { return nil }
                return Entry(listener: address, uid: listener.uid, inode: UInt64(listener.inode))
            }
        }
        return found
    }

    /// The socket with exactly these ends.
    package static func connection(local: SocketAddress, remote: SocketAddress) throws(SystemError) -> Entry? {
        let isMeant = { (entry: Entry) in entry.local == local && entry.remote == remote }
        return try entries(where: isMeant, until: isMeant).first
    }
}

/// Lines of a file of unknown length, a piece at a time.
private struct LineReader {
    private let file: Descriptor
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    init(_ file: Descriptor) {
        self.file = file
    }

    mutating func next() throws(SystemError) -> String? {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return String(decoding: buffer[position..<end], as: UTF8.self)
            }
            if isAtEnd { return nil }
            buffer.removeSubrange(..<position)
            position = 0
            let part = try file.read(upTo: 65536) ?? []
            isAtEnd = part.isEmpty
            buffer += part
        }
    }
}
