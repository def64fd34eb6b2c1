internal import Glibc

/// One line of a log, as JSON for the file and as text for people.
enum LogLine {
    static func json(_ level: LogLevel, _ message: String, _ metadata: LogMetadata, concealing secrets: [String] = []) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(192)
        line += #"{"time":""#.utf8
        line += timestamp().utf8
        line += #"","level":""#.utf8
        line += level.rawValue.utf8
        line += #"","message":"#.utf8
        JSONText.append(message, to: &line)
        if !metadata.pairs.isEmpty {
            line += #","metadata":{"#.utf8
            for (index, pair) in metadata.pairs.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                JSONText.append(pair.key, to: &line, longest: 128)
                line.append(UInt8(ascii: ":"))
                append(pair, to: &line, concealing: secrets)
            }
            line.append(UInt8(ascii: "}"))
        }
        line += "}\n".utf8
        return line
    }

    static func text(_ level: LogLevel, _ message: String, _ metadata: LogMetadata, concealing secrets: [String]) -> [UInt8] {
        var line = Array("\(timestamp()) \(level.rawValue) \(message)".utf8)
        for pair in metadata.pairs {
            line += " \(pair.key)=".utf8
            append(pair, to: &line, concealing: secrets)
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func append(_ pair: (key: String, value: LogMetadata.Value), to line: inout [UInt8], concealing secrets: [String]) {
        if LogMetadata.isSecret(pair.key) {
            line += #""[concealed]""#.utf8
            return
        }
        switch pair.value {
        case .number(let number): line += String(number).utf8
        case .flag(let flag): line += (flag ? "true" : "false").utf8
        case .text(let text): JSONText.append(conceal(secrets, in: text), to: &line, longest: LogMetadata.longestValue)
        }
    }

    /// The text with every secret replaced.
    static func conceal(_ secrets: [String], in text: String) -> String {
        var text = text
        for secret in secrets where holds(text, secret) {
            while let range = text.firstRange(of: secret) { text.replaceSubrange(range, with: "[concealed]") }
        }
        return text
    }

    /// Almost no text holds one, so that is found out first, and quickly.
    private static func holds(_ text: String, _ secret: String) -> Bool {
        let bytes = text.utf8, wanted = secret.utf8
        guard let first = wanted.first else { return false }
        var rest = bytes[...]
        while let found = rest.firstIndex(of: first) {
            rest = rest[found...]
            if rest.starts(with: wanted) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// The present moment in RFC 3339 with milliseconds, UTC.
    private static func timestamp() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}
