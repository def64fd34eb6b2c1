import DaemonContract
import Glibc
import Platform

/// What a daemon answered.
struct RawResponse: Sendable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try ContractJSON.decode(type, from: body)
    }

    /// The code of an error.
    var errorCode: String? {
        (try? decode(ErrorBody.self))?.error.code
    }
}

/// A connection that sends and reads bytes and blocks: what is tested is not what tests.
final class RawConnection {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let socket: Int32
    private var buffer: [UInt8] = []

    init(unix path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8CString)
        guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else { throw Failure(description: "too long: \(path)") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.map { UInt8(bitPattern: $0) }) }
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try connect(&address, path)
    }

    init(port: UInt16, host: UInt32 = 0x7F00_0001) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try connect(&address, "port \(port)")
    }

    deinit { Glibc.close(socket) }

    private func connect<Address>(_ address: inout Address, _ name: String) throws {
        let code = withUnsafeBytes(of: &address) { bytes in
            Glibc.connect(socket, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard code == 0 else { throw Failure(description: "connect \(name): \(SystemError.text(of: errno))") }
        // So that a test fails rather than hangs.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func send(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(description: "send: \(SystemError.text(of: errno))") }
            rest = rest.dropFirst(count)
        }
    }

    func request(_ method: String, _ path: String, _ body: String = "", headers: [String] = []) throws {
        var head = "\(method) \(path) HTTP/1.1\r\n"
        if !headers.contains(where: { $0.lowercased().hasPrefix("host:") }) { head += "Host: localhost\r\n" }
        for header in headers { head += "\(header)\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.utf8.count)\r\n" }
        try send(head + "\r\n" + body)
    }

    func ask(_ method: String, _ path: String, _ body: String = "", headers: [String] = []) throws -> RawResponse {
        try request(method, path, body, headers: headers)
        return try response(isHead: method == "HEAD")
    }

    /// Reads one response to its end.
    func response(isHead: Bool = false) throws -> RawResponse {
        var response = try head()
        if isHead || response.status == 204 { return response }
        if let length = response.headers["content-length"].flatMap({ Int($0) }) {
            while buffer.count < length { try more() }
            response.body = Array(buffer.prefix(length))
            buffer.removeFirst(length)
        } else if response.headers["transfer-encoding"] == "chunked" {
            while let chunk = try chunk() { response.body += chunk }
        }
        return response
    }

    /// Reads the head of a response.
    func head() throws -> RawResponse {
        var lines: [String] = []
        while let line = try Optional(line()), !line.isEmpty { lines.append(line) }
        guard let first = lines.first?.split(separator: " "), first.count >= 2, let status = Int(first[1]) else {
            throw Failure(description: "no status line: \(lines)")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return RawResponse(status: status, headers: headers, body: [])
    }

    /// Reads the next chunk of a chunked body; `nil` at its end.
    func chunk() throws -> [UInt8]? {
        guard let size = Int(try line(), radix: 16) else { throw Failure(description: "no chunk") }
        while buffer.count < size + 2 { try more() }
        defer { buffer.removeFirst(size + 2) }
        return size == 0 ? nil : Array(buffer.prefix(size))
    }

    /// Reads to the end of the connection.
    func rest() -> [UInt8] {
        while (try? more()) != nil {}
        defer { buffer = [] }
        return buffer
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end].filter { $0 != UInt8(ascii: "\r") }
                buffer.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            try more()
        }
    }

    private func more() throws {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &bytes, bytes.count, 0)
        guard count > 0 else { throw Failure(description: count == 0 ? "closed" : "receive: \(SystemError.text(of: errno))") }
        buffer += bytes.prefix(count)
    }
}
