internal import Glibc
internal import Platform

/// The end of a file that grows, across the moments when it is set aside for a new one.
struct LogTail: Sendable {
    /// Longest piece read at once, in bytes. A line longer than this is cut.
    private static let block = 1 << 20

    private let path: String
    private let wanted: Int
    private var descriptor: Descriptor
    private var offset: Int64
    private var rest: [UInt8] = []

    /// Nil when there is no such file.
    init?(path: String, lines: Int) throws {
        guard let opened = try Self.open(path) else { return nil }
        self.path = path
        wanted = lines
        descriptor = opened
        offset = try opened.identity().size
    }

    /// The last lines there are now, also from the file before this one when this one has too few.
    func last() throws -> [String] {
        guard wanted > 0 else { return [] }
        var lines = try Self.last(wanted, of: descriptor, size: offset)
        if lines.count < wanted, let older = try Self.open(path + ".1") {
            lines = try Self.last(wanted - lines.count, of: older, size: older.identity().size) + lines
        }
        return lines
    }

    /// The whole lines that came since.
    mutating func more() throws -> [String] {
        var lines = try read()
        // Set aside: what stands under the name now is another file.
        if let now = try FileIdentity.of(path: path), try !now.isSameFile(as: descriptor.identity()), let opened = try Self.open(path) {
            if !rest.isEmpty { lines.append(String(decoding: rest, as: UTF8.self)) }
            rest = []
            descriptor = opened
            offset = 0
            lines += try read()
        }
        return lines
    }

    private mutating func read() throws -> [String] {
        if try descriptor.identity().size < offset {
            // Cut: begin again.
            offset = 0
            rest = []
        }
        while true {
            let piece = try Self.bytes(of: descriptor, at: offset, count: Self.block)
            if piece.isEmpty { break }
            offset += Int64(piece.count)
            rest += piece
        }
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
            if rest.count > Self.block { rest = [] }
            return []
        }
        let whole = rest[..<end]
        rest = Array(rest[(end + 1)...])
        return Self.lines(whole)
    }

    private static func last(_ count: Int, of descriptor: Descriptor, size: Int64) throws -> [String] {
        var pieces: [[UInt8]] = []
        var start = size, breaks = 0
        // Backwards, until one line break more than lines are wanted, since the last one ends the last line.
        while start > 0, breaks <= count, size - start < 64 * Int64(block) {
            let length = min(Int64(64 << 10), start)
            start -= length
            let piece = try bytes(of: descriptor, at: start, count: Int(length))
            breaks += piece.count { $0 == UInt8(ascii: "\n") }
            pieces.append(piece)
        }
        var collected = Array(pieces.reversed().joined())
        if collected.last == UInt8(ascii: "\n") { collected.removeLast() }
        guard !collected.isEmpty else { return [] }
        return lines(collected[...]).suffix(count)
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0.prefix(block), as: UTF8.self)
        }
    }

    private static func bytes(of descriptor: Descriptor, at offset: Int64, count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            let got = descriptor.use { pread($0, &buffer, count, off_t(offset)) }
            if got >= 0 { return Array(buffer.prefix(got)) }
            let number = errno
            if number != EINTR { throw SystemError(errno: number, "read") }
        }
    }

    private static func open(_ path: String) throws -> Descriptor? {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        if number >= 0 {
            let opened = Descriptor(adopting: number)
            guard try opened.identity().kind == .regular else {
                throw SystemError(
                    .corrupt, "\(path) is not a regular file; move it out of the way, and the daemon makes its log again", path: path)
            }
            return opened
        }
        let failure = errno
        if failure == ENOENT || failure == ENOTDIR { return nil }
        throw SystemError(errno: failure, "open", path: path)
    }
}
