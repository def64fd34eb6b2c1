/// Checks the lines of a head, byte by byte, before the parser sees them, and finds the end of the head.
///
/// The parser is strict about most of this; what it lets through in some version (a lone CR that ends a field, a folded line) is what
/// requests have been smuggled with. Where the two disagree about the end of the head, the message is refused. Pure.
struct HTTPHeadScanner {
    enum Part {
        case request
        case response
        /// The fields after a chunked body.
        case trailers
    }

    private enum State {
        /// Before the first byte of a request; blank lines are passed over (RFC 9112 §2.2).
        case beforeStart
        case startLine
        /// At the first byte of a line that is a field or the end.
        case lineStart
        case name
        case value
        /// After the CR of a line with something in it.
        case lineCR
        /// After the CR of the blank line.
        case endCR
    }

    private let part: Part
    private let byteLimit: Int
    private let fieldLimit: Int
    private var state: State
    private var spaces = 0
    private var protocolSeen = 0
    private static let protocolName: [UInt8] = Array("HTTP/".utf8)
    private(set) var bytes = 0
    private var fields = 0

    init(_ part: Part, byteLimit: Int, fieldLimit: Int) {
        self.part = part
        self.byteLimit = byteLimit
        self.fieldLimit = fieldLimit
        state = part == .trailers ? .lineStart : .beforeStart
    }

    /// Whether a byte other than a blank line's has been seen.
    var hasBegun: Bool { bytes > 0 }

    /// What to give the parser: `skip` bytes belong to no message, the `take` bytes after them to the head, which they may end.
    struct Scan: Equatable {
        var skip = 0
        var take = 0
        var ended = false
    }

    /// Looks at bytes that have not been looked at.
    mutating func scan(_ input: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> Scan {
        var result = Scan()
        for byte in input {
            if case .beforeStart = state {
                if byte == 0x0D || byte == 0x0A {
                    result.skip += 1
                    continue
                }
                state = .startLine
            }
            bytes += 1
            result.take += 1
            if try step(byte) {
                result.ended = true
                break
            }
        }
        guard bytes <= byteLimit else {
            throw HTTPSyntaxError(.headerFieldsTooLarge, "the head is larger than \(byteLimit) bytes")
        }
        return result
    }

    /// Whether `byte` is the last of the head.
    private mutating func step(_ byte: UInt8) throws(HTTPSyntaxError) -> Bool {
        switch state {
        case .lineCR:
            guard byte == 0x0A else { throw .loneCR }
            state = .lineStart
        case .endCR:
            guard byte == 0x0A else { throw .loneCR }
            return true
        case .lineStart where byte == 0x0D:
            state = .endCR
        case .lineStart where byte.isSpaceOrTab:
            throw HTTPSyntaxError("a header field is folded over two lines")
        case .startLine where byte == 0x0D, .value where byte == 0x0D:
            if case .startLine = state, part == .request, protocolSeen < Self.protocolName.count {
                throw .noRequestLine
            }
            state = .lineCR
        case .name where byte == 0x0D:
            throw HTTPSyntaxError("a header field has no colon")
        case .beforeStart, .startLine, .lineStart, .name, .value:
            try text(byte)
        }
        return false
    }

    /// Three words with one space between them, the last of which begins with the name of our protocol: the parser knows others, too.
    private mutating func requestLine(_ byte: UInt8) throws(HTTPSyntaxError) {
        guard byte != 0x09 else { throw .noRequestLine }
        if byte == 0x20 {
            spaces += 1
            guard spaces <= 2 else { throw .noRequestLine }
        } else if spaces == 2, protocolSeen < Self.protocolName.count {
            guard byte == Self.protocolName[protocolSeen] else { throw .noRequestLine }
            protocolSeen += 1
        }
    }

    private mutating func text(_ byte: UInt8) throws(HTTPSyntaxError) {
        guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
            throw HTTPSyntaxError(byte == 0x0A ? "a line of the head ends without CR" : "the head holds a control character")
        }
        switch state {
        case .startLine:
            if part == .request {
                try requestLine(byte)
            }
        case .lineStart:
            fields += 1
            guard fields <= fieldLimit else {
                throw HTTPSyntaxError(.headerFieldsTooLarge, "the head has more than \(fieldLimit) fields")
            }
            guard byte.isTokenByte else { throw HTTPSyntaxError("a header field has no name") }
            state = .name
        case .name:
            if byte == 0x3A {
                state = .value
            } else if !byte.isTokenByte {
                throw HTTPSyntaxError("the name of a header field holds a character that names have not")
            }
        case .value, .beforeStart, .lineCR, .endCR:
            break
        }
    }
}

extension HTTPSyntaxError {
    fileprivate static let noRequestLine = HTTPSyntaxError("the request line is not method, target and HTTP version with one space between")
    fileprivate static let loneCR = HTTPSyntaxError("a CR in the head is not followed by LF")
}
