import Platform

/// What a key's value must be, and how it is read and written.
package enum ConfigurationType: Hashable, Sendable {
    /// A TCP port; 0 lets the kernel pick one.
    case port
    /// A whole number within bounds.
    case count(ClosedRange<Int>)
    /// A number of bytes within bounds, written `65536`, `64KiB` or `16MiB`.
    case size(ClosedRange<Int>)
    /// A duration within bounds.
    case duration(ClosedRange<Duration>)
    /// `true` or `false`.
    case boolean
    /// Some text that is not empty.
    case text
    /// A path: absolute, or beginning with `~/` for the user's own folder.
    case path
    /// One of these words.
    case choice([String])
    /// A list of texts; outside a file also `a,b`.
    case list
    /// The models that can be served.
    case models
    /// The plain programs that are kept running.
    case processes

    /// What is expected, for messages: "a port from 0 to 65535".
    package var expectation: String {
        switch self {
        case .port: "a port from 0 to 65535"
        case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .size(let range):
            "a size from \(ByteSizeText.format(range.lowerBound)) to \(ByteSizeText.format(range.upperBound)), like 65536, 64KiB or 16MiB"
        case .duration(let range):
            "a duration from \(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound)), like 500ms, 30s, 5m or 0"
        case .boolean: "true or false"
        case .text: "some text"
        case .path: "an absolute path, or one that begins with ~/"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .list: "a list, like [a, b]"
        case .models: "a mapping of model names to their engines"
        case .processes: "a mapping of names to programs, each with its command"
        }
    }

    /// Whether the value is one scalar.
    package var isScalar: Bool {
        switch self {
        case .port, .count, .size, .duration, .boolean, .text, .path, .choice: true
        case .list, .models, .processes: false
        }
    }

    /// Reads the text of a scalar, a flag or an environment variable; nil if it is not what is expected.
    package func value(of text: String) -> ConfigurationValue? {
        switch self {
        case .port: return integer(text, 0...65_535).map { .integer($0) }
        case .count(let range): return integer(text, range).map { .integer($0) }
        case .size(let range):
            guard let bytes = ByteSizeText.parse(text), range.contains(bytes) else { return nil }
            return .integer(bytes)
        case .duration(let range):
            guard let duration = try? DurationText.parse(text), range.contains(duration) else { return nil }
            return .duration(duration)
        case .boolean:
            switch text.lowercased() {
            case "true", "yes", "on": return .boolean(true)
            case "false", "no", "off": return .boolean(false)
            default: return nil
            }
        case .text: return text.isEmpty || text.utf8.contains(0) ? nil : .text(text)
        case .path: return (text.hasPrefix("/") || text.hasPrefix("~/")) && !text.utf8.contains(0) ? .text(text) : nil
        case .choice(let words): return words.contains(text) ? .text(text) : nil
        case .list:
            let parts = text.split(separator: ",", omittingEmptySubsequences: true).map(trimmed)
            return parts.allSatisfy { !$0.isEmpty } ? .list(parts) : nil
        case .models, .processes: return nil
        }
    }

    /// Writes a value as people would: `5m`, `64KiB`, `[a, b]`. Nothing for what is absent.
    package func text(of value: ConfigurationValue) -> String {
        switch value {
        case .absent: ""
        case .integer(let number): if case .size = self { ByteSizeText.format(number) } else { "\(number)" }
        case .boolean(let truth): truth ? "true" : "false"
        case .duration(let duration): DurationText.format(duration)
        case .text(let text): text
        case .list(let texts): "[\(texts.map(YAMLText.scalar).joined(separator: ", "))]"
        case .models(let table): table.models.map(\.name).joined(separator: ", ")
        case .processes(let table): table.processes.map(\.name).joined(separator: ", ")
        }
    }

    private func integer(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text),
            range.contains(number)
        else { return nil }
        return number
    }

    private func trimmed(_ text: Substring) -> String {
        let head = text.drop { $0 == " " }
        return String(head.prefix(head.count - head.reversed().prefix { $0 == " " }.count))
    }
}

/// Numbers of bytes as people write them: `512`, `64KiB`, `16MiB`, `1GiB`.
package enum ByteSizeText {
    private static let units: [(suffix: String, bytes: Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

    /// Reads a size, or gives nil.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...12).contains(digits.count), let number = Int(digits) else { return nil }
        let suffix = text.dropFirst(digits.count)
        if suffix.isEmpty { return number }
        guard let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// Writes a size in the largest unit that fits without a rest.
    package static func format(_ bytes: Int) -> String {
        guard bytes > 0, let unit = units.first(where: { bytes.isMultiple(of: $0.bytes) }), unit.bytes > 1 else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
