/// A request's target, taken apart: what is asked for, and of whom.
struct HTTPTarget: Equatable {
    /// Percent-decoded, beginning with "/"; "*" for `OPTIONS *`.
    let path: String
    /// Percent-decoded; of a key given twice the last counts.
    let query: [String: String]
    /// Host and port of a target in absolute form.
    let authority: String?

    /// Takes apart a target in origin form, absolute form or asterisk form (RFC 9112 §3.2). `nil` if it is none of them.
    init?(_ target: String, method: HTTPMethod) {
        if target == "*" {
            guard method == .options else { return nil }
            self.init(path: "*", query: [:], authority: nil)
            return
        }
        if target.utf8.first == 0x2F, target.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x23 && $0 != 0x25 && $0 != 0x3F }) {
            // Nearly every target: nothing to take apart.
            self.init(path: target, query: [:], authority: nil)
            return
        }
        var rest = target[...]
        var authority: String?
        if !rest.hasPrefix("/") {
            guard let scheme = rest.range(ofSchemePrefix: "http://") else { return nil }
            rest = rest[scheme.upperBound...]
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
            guard authority?.isEmpty == false else { return nil }
        }
        guard !rest.utf8.contains(0x23) else { return nil }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let rawPath = parts.first ?? ""
        guard let path = percentDecoded(rawPath.isEmpty ? "/" : rawPath, plusIsSpace: false) else { return nil }
        guard let query = parts.count > 1 ? parseQuery(parts[1]) : [:] else { return nil }
        self.init(path: path, query: query, authority: authority)
    }

    private init(path: String, query: [String: String], authority: String?) {
        self.path = path
        self.query = query
        self.authority = authority
    }
}

extension Substring {
    fileprivate func range(ofSchemePrefix scheme: String) -> Range<Index>? {
        let head = prefix(scheme.count)
        return head.equalsIgnoringCase(scheme) ? head.startIndex..<head.endIndex : nil
    }
}

private func parseQuery(_ text: Substring) -> [String: String]? {
    var query: [String: String] = [:]
    for pair in text.split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let key = percentDecoded(parts[0], plusIsSpace: true),
            let value = parts.count > 1 ? percentDecoded(parts[1], plusIsSpace: true) : ""
        else { return nil }
        query[key] = value
    }
    return query
}

/// `nil` for a broken escape, an escaped NUL, or what is not UTF-8.
private func percentDecoded(_ text: Substring, plusIsSpace: Bool) -> String? {
    guard text.utf8.contains(where: { $0 == 0x25 || $0 == 0x2B && plusIsSpace || $0 >= 0x80 }) else { return String(text) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var input = text.utf8.makeIterator()
    while let byte = input.next() {
        if byte == 0x25 {
            guard let high = input.next()?.hexValue, let low = input.next()?.hexValue, high | low != 0 else { return nil }
            bytes.append(high << 4 | low)
        } else {
            bytes.append(byte == 0x2B && plusIsSpace ? 0x20 : byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}
