/// Which `Host` and `Origin` a daemon answers, so that no web page reaches it under a name of its own (DNS rebinding) or from elsewhere.
package struct HostRule: Hashable, Sendable {
    /// Names that are this machine whatever they resolve to.
    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "::1"]

    private let hosts: Set<String>
    private let origins: Set<String>

    /// - Parameters:
    ///   - hosts: names and addresses besides those of the loopback, without ports.
    ///   - origins: origins besides those of the loopback, such as `https://example.org`.
    package init(hosts: some Sequence<String> = [], origins: some Sequence<String> = []) {
        self.hosts = Self.loopback.union(hosts.map { $0.lowercased() })
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// Whether a request for this `Host` (with or without a port) is for us.
    package func allows(host: String) -> Bool {
        Self.name(of: host).map { hosts.contains($0) } ?? false
    }

    /// Whether a page of this origin may ask.
    package func allows(origin: String) -> Bool {
        let origin = origin.lowercased()
        if origins.contains(origin) { return true }
        guard let mark = origin.firstRange(of: "://") else { return false }
        let scheme = origin[..<mark.lowerBound]
        guard scheme == "http" || scheme == "https" else { return false }
        return Self.name(of: String(origin[mark.upperBound...])).map { Self.loopback.contains($0) } ?? false
    }

    /// The name or address of `name`, `name:port`, `[address]` and `[address]:port`, in small letters; `nil` for anything else.
    ///
    /// Bytes, not characters: it is asked for each request.
    private static func name(of authority: String) -> String? {
        let bytes = authority.utf8[...]
        let name: Substring.UTF8View
        let rest: Substring.UTF8View
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            name = bytes[..<end].dropFirst()
            rest = bytes[end...].dropFirst()
        } else {
            name = bytes.prefix { $0 != UInt8(ascii: ":") }
            rest = bytes[name.endIndex...]
        }
        guard !name.isEmpty, rest.isEmpty || isPort(rest) else { return nil }
        let text = Substring(name)
        return name.contains { $0 >= 0x80 || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? text.lowercased() : String(text)
    }

    /// Whether this is a colon and a port's digits.
    private static func isPort(_ bytes: Substring.UTF8View) -> Bool {
        let digits = bytes.dropFirst()
        guard bytes.first == UInt8(ascii: ":"), !digits.isEmpty else { return false }
        var port = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return false }
            port = min(port * 10 + Int(byte - UInt8(ascii: "0")), Int(UInt16.max) + 1)
        }
        return port <= Int(UInt16.max)
    }
}
