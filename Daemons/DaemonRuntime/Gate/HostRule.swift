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

    /// The name or address of `name`, `name:port`, `[address]` and `[address]:port`; `nil` for anything else.
    private static func name(of authority: String) -> String? {
        let name: Substring
        let rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else {
            name = authority.prefix { $0 != ":" }
            rest = authority.dropFirst(name.count)
        }
        let isPort = rest.isEmpty || (rest.hasPrefix(":") && UInt16(rest.dropFirst()) != nil && rest.dropFirst().allSatisfy(\.isNumber))
        return isPort && !name.isEmpty ? name.lowercased() : nil
    }
}
