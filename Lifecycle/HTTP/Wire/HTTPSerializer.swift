/// Heads and chunks as bytes. Pure.
enum HTTPSerializer {
    /// Fields that the connection itself decides; whatever a caller says of them is left out.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: name.equalsIgnoringCase("Date")
        case 10: name.equalsIgnoringCase("Connection") || name.equalsIgnoringCase("Keep-Alive")
        case 14: name.equalsIgnoringCase("Content-Length")
        case 17: name.equalsIgnoringCase("Transfer-Encoding")
        default: false
        }
    }

    /// - Parameters:
    ///   - framing: `nil` for a response that says nothing of a body, as 204 must.
    ///   - connection: the value of `Connection`, if it needs one.
    ///   - date: the value of `Date`.
    static func response(
        _ status: HTTPStatus, _ headers: HTTPHeaders, framing: HTTPFraming?, connection: StaticString?, date: [UInt8],
        into bytes: inout [UInt8]
    ) {
        bytes.append("HTTP/1.1 ")
        bytes.append(decimal: status.code)
        bytes.append(" ")
        bytes.append(status.reason)
        bytes.append("\r\n" as StaticString)
        append(headers, to: &bytes)
        append(framing, to: &bytes)
        if let connection {
            bytes.append(field: "Connection", connection)
        }
        bytes.append("Date: ")
        bytes.append(contentsOf: date)
        bytes.append("\r\n\r\n")
    }

    static func request(
        _ method: HTTPMethod, _ target: String, host: String, _ headers: HTTPHeaders, framing: HTTPFraming?, into bytes: inout [UInt8]
    ) {
        bytes.append(method.rawValue)
        bytes.append(" ")
        bytes.append(target)
        bytes.append(" HTTP/1.1\r\n")
        if !headers.contains("Host") {
            bytes.append("Host: ")
            bytes.append(host)
            bytes.append("\r\n" as StaticString)
        }
        append(headers, to: &bytes)
        append(framing, to: &bytes)
        bytes.append("\r\n" as StaticString)
    }

    /// What goes before the data of a chunk.
    static func chunkHead(_ count: Int, into bytes: inout [UInt8]) {
        let digits = String(count, radix: 16)
        bytes.append(digits)
        bytes.append("\r\n" as StaticString)
    }

    static let chunkEnd: [UInt8] = Array("\r\n".utf8)
    static let lastChunk: [UInt8] = Array("0\r\n\r\n".utf8)
    static let pleaseContinue: [UInt8] = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private static func append(_ headers: HTTPHeaders, to bytes: inout [UInt8]) {
        for field in headers.fields where !isOurs(field.name) {
            bytes.append(field.name)
            bytes.append(": ")
            bytes.append(field.value)
            bytes.append("\r\n" as StaticString)
        }
    }

    private static func append(_ framing: HTTPFraming?, to bytes: inout [UInt8]) {
        switch framing {
        case nil, .untilClose?:
            break
        case .none?:
            bytes.append("Content-Length: 0\r\n")
        case .length(let length)?:
            bytes.append("Content-Length: ")
            bytes.append(decimal: length)
            bytes.append("\r\n" as StaticString)
        case .chunked?:
            bytes.append("Transfer-Encoding: chunked\r\n")
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: String) {
        append(contentsOf: text.utf8)
    }

    fileprivate mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    fileprivate mutating func append(field name: StaticString, _ value: StaticString) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

    fileprivate mutating func append(decimal number: Int) {
        append(contentsOf: String(number).utf8)
    }
}
