/// Where a daemon answers, worked out once from whatever a caller had: a base URL or the full URL of `/health`.
///
/// Scheme and host are lowercased; query, fragment, trailing slashes and every trailing `/health` are dropped, so
/// that normalising a result gives the same result and `/health` is never appended twice.
public struct HealthURL: Hashable, Sendable {
    /// The URL that paths such as `/v1/info` are appended to, without a slash at its end.
    public let baseURL: String
    /// The scheme: `http` or `https`.
    public let scheme: String
    /// The host without brackets: a name, an IPv4 or an IPv6 address.
    public let host: String
    /// The port, where the URL names one or else the scheme's own.
    public let port: UInt16

    /// The URL of the health check.
    public var healthURL: String { baseURL + DaemonPath.health }

    /// The URL of another of the daemon's paths.
    ///
    /// - Parameter path: a path with its leading slash.
    public func url(_ path: String) -> String { baseURL + path }

    /// Works out base and health URL.
    ///
    /// - Parameter text: an absolute http or https URL, with or without `/health`.
    /// - Throws: `invalidURL`, saying what was expected and what was found.
    public static func normalize(_ text: String) throws(ContractError) -> HealthURL {
        func refuse(_ why: String) -> ContractError {
            ContractError(.invalidURL, "\"\(text)\" is no URL of a daemon: \(why); expected one like http://localhost:7833")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw refuse("it holds a blank or a control character") }
        guard let mark = text.firstRange(of: "://") else { throw refuse("it has no scheme") }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw refuse("its scheme is neither http nor https") }

        let rest = text[mark.upperBound...].prefix { $0 != "?" && $0 != "#" }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else { throw refuse("it carries a user name") }
        let (host, port) = try split(authority, refuse)

        var path = rest.dropFirst(authority.count)
        while true {
            if path.hasSuffix("/") {
                path = path.dropLast()
            } else if path.hasSuffix(DaemonPath.health) {
                path = path.dropLast(DaemonPath.health.count)
            } else {
                break
            }
        }
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let shownPort = port.map { ":\($0)" } ?? ""
        return HealthURL(
            baseURL: "\(scheme)://\(shownHost)\(shownPort)\(path)", scheme: scheme, host: host, port: port ?? (scheme == "https" ? 443 : 80)
        )
    }

    /// Splits `host:port` or `[v6]:port`; nil for a port that is not named.
    private static func split(
        _ authority: Substring, _ refuse: (String) -> ContractError
    ) throws(ContractError) -> (host: String, port: UInt16?) {
        var host: Substring
        var tail: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw refuse("its IPv6 address has no closing bracket") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            tail = authority[authority.index(after: end)...]
            guard host.contains(":"), host.utf8.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else {
                throw refuse("what stands in brackets is no IPv6 address")
            }
        } else {
            host = authority.prefix { $0 != ":" }
            tail = authority.dropFirst(host.count)
            guard host.utf8.allSatisfy(isHostByte) else { throw refuse("its host is not a host name or an address") }
        }
        guard !host.isEmpty else { throw refuse("it names no host") }
        guard !tail.isEmpty else { return (host.lowercased(), nil) }
        guard tail.hasPrefix(":") else { throw refuse("something other than a port follows its host") }
        tail = tail.dropFirst()
        guard !tail.isEmpty, tail.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let port = UInt16(tail),
            port > 0
        else { throw refuse("its port is not a number from 1 to 65535") }
        return (host.lowercased(), port)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
