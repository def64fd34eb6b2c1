/// Changes one key in the text of a configuration and leaves everything else as it is: comments, order, other values.
struct ConfigurationEditor {
    private let scalars: [Unicode.Scalar]
    private let root: YAMLNode?
    private let path: String

    /// - Throws: `notEditable` when the text is no configuration.
    init(text: String, path: String) throws(ConfigurationError) {
        scalars = Array(text.unicodeScalars)
        self.path = path
        do {
            root = try YAMLParser.parse(text: text)
        } catch {
            throw ConfigurationError(.notEditable, "\(path):\(error.line): \(error.message); correct that first", path: path)
        }
        if let root, case .scalar = root.content { throw notKeys(root) }
        if let root, case .sequence = root.content { throw notKeys(root) }
    }

    private func notKeys(_ root: YAMLNode) -> ConfigurationError {
        ConfigurationError(
            .notEditable, "\(path):\(root.line): expected keys and values, found \(root.summary); correct that first", path: path)
    }

    /// The text with a key set to a value.
    ///
    /// - Parameter value: the value as YAML on one line.
    /// - Throws: `notEditable` when the result would say something else than intended.
    func setting(_ key: ConfigurationKey, to value: String) throws(ConfigurationError) -> String {
        let text: String
        if let found = root.map({ KeyPath.flatten($0) })?.first(where: { $0.name == key.name }) {
            text = replacing(found, with: value)
        } else {
            text = adding(key.name, value)
        }
        try check(text, key)
        return text
    }

    private func replacing(_ found: KeyPath.Found, with value: String) -> String {
        let node = found.node
        if node.start == node.end {
            // Nothing stands after the colon, which is where such a node is.
            return splice(node.start..<node.end, " " + value)
        }
        if node.isFlow || node.scalar != nil {
            var end = node.end
            while end > node.start, isBreak(scalars[end - 1]) { end -= 1 }
            return splice(node.start..<end, value)
        }
        // A block has lines of its own: they go, and the value follows the key's colon. What stands between them stays.
        guard let key = found.keys.last, let colon = scalars[key.end..<node.start].firstIndex(of: ":") else {
            return splice(node.start..<node.end, value)
        }
        let first = node.start - column(of: node.start)
        let last = endOfLine(at: node.end)
        return String(String.UnicodeScalarView(scalars[...colon])) + " \(value)"
            + String(String.UnicodeScalarView(scalars[(colon + 1)..<first] + scalars[last...]))
    }

    /// Puts a key that is not there into the section it belongs to, or at the end.
    private func adding(_ name: String, _ value: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        if parts.count == 2, let section = section(parts[0]), case .mapping(let members) = section.content, !section.isFlow,
            let last = members.last, let first = members.first
        {
            let indent = column(of: first.key.start)
            return insert(String(repeating: " ", count: indent) + "\(parts[1]): \(value)", afterLineOf: max(last.value.end, last.key.end))
        }
        // The whole name on one line is as good, and stands in nobody's way.
        if let root, root.isFlow {
            let isEmpty = root.content == .mapping([])
            return splice((root.end - 1)..<(root.end - 1), "\(isEmpty ? "" : ", ")\(name): \(value)")
        }
        let last = root.flatMap { root -> Int? in
            guard case .mapping(let members) = root.content, let last = members.last else { return nil }
            return max(last.value.end, last.key.end)
        }
        let indent = root.map { String(repeating: " ", count: column(of: $0.start)) } ?? ""
        guard let last else {
            let needsBreak = scalars.last.map { !isBreak($0) } ?? false
            return String(String.UnicodeScalarView(scalars)) + (needsBreak ? "\n" : "") + "\(name): \(value)\n"
        }
        return insert(indent + "\(name): \(value)", afterLineOf: last)
    }

    private func section(_ name: String) -> YAMLNode? {
        guard case .mapping(let members)? = root?.content else { return nil }
        return members.first { $0.name == name }?.value
    }

    private func insert(_ line: String, afterLineOf place: Int) -> String {
        // A block of text ends behind its last line break already.
        if place > 0, place <= scalars.count, isBreak(scalars[place - 1]) { return splice(place..<place, line + "\n") }
        let end = endOfLine(at: place)
        let needsBreak = end == scalars.count && scalars.last.map { !isBreak($0) } ?? false
        return splice(end..<end, (needsBreak ? "\n" : "") + line + "\n")
    }

    /// The place behind the line break that ends a place's line.
    private func endOfLine(at place: Int) -> Int {
        var end = min(place, scalars.count)
        while end < scalars.count, !isBreak(scalars[end]) { end += 1 }
        guard end < scalars.count else { return end }
        return end + (scalars[end] == "\r" && end + 1 < scalars.count && scalars[end + 1] == "\n" ? 2 : 1)
    }

    private func splice(_ range: Range<Int>, _ text: String) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[..<range.lowerBound])
        view.append(contentsOf: text.unicodeScalars)
        view.append(contentsOf: scalars[range.upperBound...])
        return String(view)
    }

    private func column(of place: Int) -> Int {
        scalars[..<place].reversed().prefix { !isBreak($0) && $0 != "\u{FEFF}" }.count
    }

    private func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

    private func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        // The line breaks of YAML 1.1, which is what the parser reads.
        ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
    }

    /// Reads the new text again: every other key must say what it said before.
    private func check(_ text: String, _ key: ConfigurationKey) throws(ConfigurationError) {
        func values(_ node: YAMLNode?) -> [String: [Plain]] {
            Dictionary(grouping: node.map { KeyPath.flatten($0) } ?? [], by: \.name).mapValues { $0.map { Plain($0.node) } }
        }
        var before = values(root)
        var after = (try? YAMLParser.parse(text: text)).map { values($0) } ?? [:]
        let isThere = after[key.name] != nil
        before[key.name] = nil
        after[key.name] = nil
        guard isThere, before == after else {
            throw ConfigurationError(
                .notEditable, "\(key.name) cannot be changed in \(path) without changing something else; edit the file by hand", path: path)
        }
    }

    /// What a node says, wherever it stands.
    private indirect enum Plain: Hashable {
        case scalar(String)
        case list([Plain])
        case members([[String]: Plain])

        init(_ node: YAMLNode) {
            switch node.content {
            case .scalar(let text, _): self = .scalar(text)
            case .sequence(let elements): self = .list(elements.map(Plain.init))
            case .mapping(let members):
                self = .members(
                    Dictionary(members.enumerated().map { ([$1.name, "\($0)"], Plain($1.value)) }, uniquingKeysWith: { first, _ in first }))
            }
        }
    }
}
