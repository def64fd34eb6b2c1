/// Which value stands for a method and a path. Paths are exact, `{name}` matches one segment, a last `{name...}` the rest.
///
/// Segments are split before they are percent-decoded, so `%2F` inside a parameter does not split it. Literal segments win over
/// parameters, parameters over the rest.
package struct RouteTable<Value: Sendable>: Sendable {
    /// What a request comes to.
    package enum Match: Sendable {
        /// The value, and what the parameters matched, decoded.
        case found(Value, parameters: [String: String])
        /// The path exists, the method does not; these do, sorted.
        case methodNotAllowed(allowed: [String])
        /// `OPTIONS` on a path that exists.
        case options(allowed: [String])
        case notFound
        /// The path is not a path: it does not begin with `/`, or its percent-encoding is broken.
        case malformed
    }

    private enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter(String)
        case rest(String)

        var isLiteral: Bool { rank == 0 }

        /// Lower is more particular.
        var rank: Int {
            switch self {
            case .literal: 0
            case .parameter: 1
            case .rest: 2
            }
        }
    }

    private struct Entry: Sendable {
        let segments: [Segment]
        var methods: [String: Value]
    }

    private var entries: [Entry] = []
    /// The paths without parameters, as they stand in a request: most are asked for like this, and nothing is more particular.
    private var literals: [String: [String: Value]] = [:]

    package init() {}

    /// Adds a value. The same method and path twice is a mistake of the program.
    package mutating func add(_ method: String, _ path: String, _ value: Value) {
        precondition(path.hasPrefix("/"), "a route's path begins with a slash: \(path)")
        let segments = Self.segments(of: path)
        defer { if segments.allSatisfy(\.isLiteral) { literals[path, default: [:]][method] = value } }
        if let index = entries.firstIndex(where: { Self.isSame($0.segments, segments) }) {
            precondition(entries[index].segments == segments, "\(path) is routed twice, with other parameter names")
            precondition(entries[index].methods[method] == nil, "\(method) \(path) is routed twice")
            entries[index].methods[method] = value
        } else {
            entries.append(Entry(segments: segments, methods: [method: value]))
            entries.sort { Self.isMoreParticular($0.segments, $1.segments) }
        }
    }

    /// What a request for a raw target (path and query, percent-encoded) comes to. `HEAD` is answered by `GET`.
    package func match(_ method: String, target: some StringProtocol) -> Match {
        let bytes = target.utf8
        let path = target[..<(bytes.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? bytes.endIndex)]
        if let methods = literals[String(path)], let value = methods[method] ?? (method == "HEAD" ? methods["GET"] : nil) {
            return .found(value, parameters: [:])
        }
        guard path.hasPrefix("/") else { return .malformed }
        var decoded: [String] = []
        for segment in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let text = PercentEncoding.decode(segment) else { return .malformed }
            decoded.append(text)
        }
        var allowed: Set<String> = []
        for entry in entries {
            guard let parameters = Self.parameters(of: decoded, in: entry.segments) else { continue }
            if let value = entry.methods[method] ?? (method == "HEAD" ? entry.methods["GET"] : nil) {
                return .found(value, parameters: parameters)
            }
            allowed.formUnion(entry.methods.keys)
        }
        if allowed.isEmpty { return .notFound }
        return method == "OPTIONS" ? .options(allowed: Self.all(allowed)) : .methodNotAllowed(allowed: Self.all(allowed))
    }

    private static func all(_ methods: Set<String>) -> [String] {
        var all = methods
        all.insert("OPTIONS")
        if all.contains("GET") { all.insert("HEAD") }
        return all.sorted()
    }

    private static func segments(of path: String) -> [Segment] {
        let texts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return texts.enumerated().map { index, text in
            guard text.hasPrefix("{"), text.hasSuffix("}") else { return .literal(String(text)) }
            let name = text.dropFirst().dropLast()
            guard name.hasSuffix("...") else { return .parameter(String(name)) }
            precondition(index == texts.count - 1, "only the last segment can match the rest: \(path)")
            return .rest(String(name.dropLast(3)))
        }
    }

    private static func parameters(of path: [String], in segments: [Segment]) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            guard index < path.count else { return nil }
            switch segment {
            case .literal(let text):
                guard path[index] == text else { return nil }
            case .parameter(let name):
                guard !path[index].isEmpty else { return nil }
                parameters[name] = path[index]
            case .rest(let name):
                let rest = path[index...].joined(separator: "/")
                guard !rest.isEmpty else { return nil }
                parameters[name] = rest
                return parameters
            }
        }
        return segments.count == path.count ? parameters : nil
    }

    private static func isSame(_ left: [Segment], _ right: [Segment]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { left, right in
                if case .literal = left { left == right } else { left.rank == right.rank }
            }
    }

    private static func isMoreParticular(_ left: [Segment], _ right: [Segment]) -> Bool {
        for (left, right) in zip(left, right) where left.rank != right.rank {
            return left.rank < right.rank
        }
        return left.count > right.count
    }
}
