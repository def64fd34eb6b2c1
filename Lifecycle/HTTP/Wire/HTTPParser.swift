internal import CLLHTTP

/// Takes messages out of a stream of bytes, one step at a time: llhttp, with the lines of every head checked beforehand.
///
/// Pure but for llhttp's own state: no I/O, no clock. A step never goes beyond the message it is in, so that what follows stays with the
/// caller until it wants the next message.
final class HTTPParser {
    enum Kind {
        case request
        case response
    }

    /// What a step has found.
    enum Step: Equatable {
        /// All bytes are used up.
        case needsMore
        case head(HTTPMessageHead)
        /// Never empty.
        case body([UInt8])
        /// The message is complete; the next step begins the next one.
        case end
    }

    private enum Phase {
        case head
        case body
        case trailers
        case ended
    }

    private let kind: Kind
    private let headBytes: Int
    private let headFields: Int
    private let parser: UnsafeMutablePointer<llhttp_t>
    private let collector = HTTPCollector()
    private var phase = Phase.head
    private var scanner: HTTPHeadScanner
    private var failure: HTTPSyntaxError?
    /// Bytes of chunk headers and extensions in this message, and of what they announced.
    private var framingBytes = 0
    private var bodyBytes = 0
    /// Responses answer a HEAD request, until this is changed.
    var answersHead = false

    init(_ kind: Kind, headBytes: Int, headFields: Int) {
        self.kind = kind
        self.headBytes = headBytes
        self.headFields = headFields
        parser = .allocate(capacity: 1)
        scanner = HTTPHeadScanner(kind == .request ? .request : .response, byteLimit: headBytes, fieldLimit: headFields)
        llhttp_init(parser, kind == .request ? HTTP_REQUEST : HTTP_RESPONSE, HTTPCollector.settings)
        parser.pointee.data = Unmanaged.passUnretained(collector).toOpaque()
    }

    deinit {
        parser.deallocate()
    }

    /// Whether bytes of a message have been seen whose end has not.
    var isInMessage: Bool {
        switch phase {
        case .head: scanner.hasBegun
        case .body, .trailers, .ended: true
        }
    }

    /// The stream ends here.
    ///
    /// - Returns: whether that completes the message.
    /// - Throws: if it cuts the message off.
    func finish() throws(HTTPSyntaxError) -> Bool {
        guard isInMessage else { return false }
        guard phase == .body, collector.framing == .untilClose else {
            throw HTTPSyntaxError("the connection ended in the middle of a message")
        }
        begin()
        return true
    }

    /// Goes one step on.
    ///
    /// - Returns: what was found, and how many of the bytes have been used up.
    /// - Throws: the same again once the stream is broken.
    func step(_ input: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> (Step, used: Int) {
        if let failure { throw failure }
        do throws(HTTPSyntaxError) {
            switch phase {
            case .head: return try stepHead(input)
            case .body: return try stepBody(input)
            case .trailers: return try stepTrailers(input)
            case .ended:
                begin()
                return (.end, 0)
            }
        } catch {
            failure = error
            throw error
        }
    }

    private func begin() {
        phase = .head
        scanner = HTTPHeadScanner(kind == .request ? .request : .response, byteLimit: headBytes, fieldLimit: headFields)
        llhttp_reset(parser)
        collector.begin()
        framingBytes = 0
        bodyBytes = 0
    }

    private func stepHead(_ input: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> (Step, used: Int) {
        let scan = try scanner.scan(input)
        let used = scan.skip + scan.take
        guard scan.take > 0 else { return (.needsMore, used) }
        let stop = try execute(UnsafeRawBufferPointer(rebasing: input[scan.skip..<used]))
        guard scan.ended == (stop == .pausedAfter(scan.take)) else {
            throw HTTPSyntaxError("the end of the head is ambiguous")
        }
        guard scan.ended else { return (.needsMore, used) }
        let head = try collector.head(kind, parser.pointee, answersHead: answersHead)
        if kind == .response, head.framing == .none {
            parser.pointee.flags |= UInt16(F_SKIPBODY.rawValue)
        }
        parser.pointee.upgrade = 0
        phase = .body
        return (.head(head), used)
    }

    private func stepBody(_ input: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> (Step, used: Int) {
        let stop = try execute(input)
        let used: Int
        switch stop {
        case .usedAll:
            used = input.count
        case .pausedAfter(let count):
            used = count
            if collector.ended {
                phase = .ended
            } else {
                phase = .trailers
                scanner = HTTPHeadScanner(.trailers, byteLimit: headBytes, fieldLimit: headFields)
            }
        }
        let body = collector.takeBody()
        bodyBytes += body.count
        framingBytes += used - body.count
        // Chunks of one byte are allowed, chunks that are mostly extension are not.
        guard framingBytes <= headBytes + 8 * bodyBytes else {
            throw HTTPSyntaxError("the chunks of the body hold more framing than data")
        }
        if !body.isEmpty {
            return (.body(body), used)
        }
        guard phase != .body else { return (.needsMore, used) }
        let next = try step(UnsafeRawBufferPointer(rebasing: input[used...]))
        return (next.0, used + next.used)
    }

    private func stepTrailers(_ input: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> (Step, used: Int) {
        let scan = try scanner.scan(input)
        let stop = try execute(UnsafeRawBufferPointer(rebasing: input[..<scan.take]))
        guard scan.ended == (stop == .pausedAfter(scan.take)), scan.ended == collector.ended else {
            throw HTTPSyntaxError("the end of the trailers is ambiguous")
        }
        guard scan.ended else { return (.needsMore, scan.take) }
        begin()
        return (.end, scan.take)
    }

    private enum Stop: Equatable {
        case usedAll
        case pausedAfter(Int)
    }

    private func execute(_ input: UnsafeRawBufferPointer) throws(HTTPSyntaxError) -> Stop {
        if llhttp_get_errno(parser) == HPE_PAUSED {
            llhttp_resume(parser)
        }
        // llhttp wants an address even for nothing: a message without a body ends before its next byte.
        let start = input.baseAddress ?? UnsafeRawPointer(parser)
        let characters = start.assumingMemoryBound(to: CChar.self)
        let code = llhttp_execute(parser, characters, input.count)
        switch code {
        case HPE_OK:
            return .usedAll
        case HPE_PAUSED:
            return .pausedAfter(llhttp_get_error_pos(parser).map { $0 - characters } ?? input.count)
        default:
            throw HTTPSyntaxError(status(for: code), "not HTTP/1.1: \(String(cString: llhttp_get_error_reason(parser)))")
        }
    }

    private func status(for code: llhttp_errno_t) -> HTTPStatus {
        switch code {
        case HPE_INVALID_METHOD: .notImplemented
        case HPE_INVALID_VERSION, HPE_PAUSED_H2_UPGRADE: .versionNotSupported
        default: .badRequest
        }
    }
}
