internal import CLLHTTP

/// Gathers what llhttp's callbacks say about one message.
final class HTTPCollector {
    private var method: [UInt8] = []
    private var target: [UInt8] = []
    private var name: [UInt8] = []
    private var value: [UInt8] = []
    private var headers = HTTPHeaders()
    private var inTrailers = false
    private var body: [UInt8] = []
    /// How the body ends, once the head is known.
    private(set) var framing = HTTPFraming.none
    /// The message is complete.
    private(set) var ended = false

    func begin() {
        method.removeAll(keepingCapacity: true)
        target.removeAll(keepingCapacity: true)
        headers = HTTPHeaders()
        inTrailers = false
        body = []
        framing = .none
        ended = false
    }

    func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// The head, checked for what llhttp does not check.
    func head(_ kind: HTTPParser.Kind, _ parser: llhttp_t, answersHead: Bool) throws(HTTPSyntaxError) -> HTTPMessageHead {
        guard parser.http_major == 1, parser.http_minor <= 1 else {
            throw HTTPSyntaxError(.versionNotSupported, "HTTP/\(parser.http_major).\(parser.http_minor) is not spoken here")
        }
        let minor = Int(parser.http_minor)
        var head = HTTPMessageHead(
            minorVersion: minor, headers: headers, framing: .none,
            keepsAlive: minor == 1 ? !headers.has("close", in: "Connection") : headers.has("keep-alive", in: "Connection"))
        switch kind {
        case .request:
            head.method = HTTPMethod(rawValue: String(decoding: method, as: UTF8.self))
            head.target = String(wire: target)
            head.framing = try HTTPFraming(headers, minorVersion: minor) ?? .none
        case .response:
            guard (100...999).contains(parser.status_code) else { throw HTTPSyntaxError("the status is not a number of three digits") }
            head.status = HTTPStatus(Int(parser.status_code))
            let announced = try HTTPFraming(headers, minorVersion: minor)
            head.framing = answersHead || head.status.hasNoBody ? .none : announced ?? .untilClose
            if head.framing == .untilClose {
                head.keepsAlive = false
            }
        }
        framing = head.framing
        return head
    }

    fileprivate static func of(_ parser: UnsafeMutablePointer<llhttp_t>) -> HTTPCollector? {
        parser.pointee.data.map { Unmanaged<HTTPCollector>.fromOpaque($0).takeUnretainedValue() }
    }

    /// llhttp's table of callbacks, made once.
    nonisolated(unsafe) static let settings: UnsafePointer<llhttp_settings_t> = {  // never written after it is made
        let settings = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
        llhttp_settings_init(settings)
        settings.pointee.on_method = { collect($0, $1, $2) { $0.method.append(contentsOf: $1) } }
        settings.pointee.on_url = { collect($0, $1, $2) { $0.target.append(contentsOf: $1) } }
        settings.pointee.on_header_field = { collect($0, $1, $2) { $0.name.append(contentsOf: $1) } }
        settings.pointee.on_header_value = { collect($0, $1, $2) { $0.value.append(contentsOf: $1) } }
        settings.pointee.on_body = { collect($0, $1, $2) { $0.body.append(contentsOf: $1) } }
        settings.pointee.on_header_value_complete = { note($0) { $0.fieldEnded() } }
        settings.pointee.on_headers_complete = { _ in pause }
        settings.pointee.on_chunk_header = { parser in
            guard let parser, parser.pointee.content_length == 0 else { return 0 }
            return note(parser) { $0.inTrailers = true } == 0 ? pause : -1
        }
        settings.pointee.on_message_complete = { note($0) { $0.ended = true } == 0 ? pause : -1 }
        return UnsafePointer(settings)
    }()

    private func fieldEnded() {
        if !inTrailers {
            while value.last?.isSpaceOrTab == true { value.removeLast() }
            headers.add(String(decoding: name, as: UTF8.self), String(wire: value))
        }
        name.removeAll(keepingCapacity: true)
        value.removeAll(keepingCapacity: true)
    }
}

private let pause = Int32(bitPattern: HPE_PAUSED.rawValue)

private func note(_ parser: UnsafeMutablePointer<llhttp_t>?, _ body: (HTTPCollector) -> Void) -> Int32 {
    guard let parser, let collector = HTTPCollector.of(parser) else { return -1 }
    body(collector)
    return 0
}

private func collect(
    _ parser: UnsafeMutablePointer<llhttp_t>?, _ start: UnsafePointer<CChar>?, _ count: Int,
    _ body: (HTTPCollector, UnsafeRawBufferPointer) -> Void
) -> Int32 {
    note(parser) { body($0, UnsafeRawBufferPointer(start: start, count: count)) }
}
