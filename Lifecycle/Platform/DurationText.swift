/// Durations as people write them: "500ms", "1.5s", "2m", "1h30m", "0".
package enum DurationText {
    private static let units: [(suffix: String, attoseconds: Int128)] = [
        ("ms", 1_000_000_000_000_000),
        ("us", 1_000_000_000_000),
        ("s", 1_000_000_000_000_000_000),
        ("m", 60_000_000_000_000_000_000),
        ("h", 3600_000_000_000_000_000_000),
        ("d", 86400_000_000_000_000_000_000),
    ]

    /// A century: beyond it, deadlines in nanoseconds would overflow.
    private static let longest: Int128 = 36525 * 86400_000_000_000_000_000_000

    /// Reads a duration: a number with a unit (us, ms, s, m, h, d), several of them largest first, or "0".
    package static func parse(_ text: String) throws(SystemError) -> Duration {
        var rest = Substring(text)
        if text == "0" { return .zero }
        var total: Int128 = 0
        var last = Int128.max
        while let (value, unit) = component(&rest), unit < last {
            last = unit
            total += value
            guard total <= longest else {
                throw SystemError(.invalidValue, "\"\(text)\" is too long a duration: at most 36525d (100 years)")
            }
            if rest.isEmpty { return duration(total) }
        }
        throw SystemError(.invalidValue, "\"\(text)\" is not a duration: expected a number with a unit, like 500ms, 1.5s, 2m, 1h30m, or 0")
    }

    /// Writes a duration so that `parse` returns it again, in as few units as possible. Precise to the microsecond.
    package static func format(_ duration: Duration) -> String {
        let parts = duration.components
        var microseconds = Int128(parts.seconds) * 1_000_000 + Int128(parts.attoseconds / 1_000_000_000_000)
        guard microseconds > 0 else { return "0" }
        var text = ""
        for (suffix, size) in [("d", Int128(86_400_000_000)), ("h", 3_600_000_000), ("m", 60_000_000)] where microseconds >= size {
            text += "\(microseconds / size)\(suffix)"
            microseconds %= size
        }
        if microseconds == 0 { return text }
        if microseconds < 1000 { return text + "\(microseconds)us" }
        if microseconds < 1_000_000, microseconds % 1000 == 0 { return text + "\(microseconds / 1000)ms" }
        if microseconds < 1_000_000 { return text + "\(decimal(microseconds, of: 1000))ms" }
        return text + "\(decimal(microseconds, of: 1_000_000))s"
    }

    private static func component(_ rest: inout Substring) -> (value: Int128, unit: Int128)? {
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = rest.dropFirst(number.count).prefix { $0.isASCII && $0.isLetter }
        guard let unit = units.first(where: { $0.suffix == suffix })?.attoseconds else { return nil }
        let halves = number.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count <= 2, let whole = halves.first, let integer = digits(whole) else { return nil }
        var value = integer * unit
        if halves.count == 2 {
            guard let numerator = digits(halves[1]) else { return nil }
            value += numerator * unit / halves[1].reduce(1) { scale, _ in scale * 10 }
        }
        rest = rest.dropFirst(number.count + suffix.count)
        return (value, unit)
    }

    /// One to twelve digits: enough for a century in microseconds would be sixteen, but nobody writes that.
    private static func digits(_ text: Substring) -> Int128? {
        (1...12).contains(text.count) ? Int128(text) : nil
    }

    private static func duration(_ attoseconds: Int128) -> Duration {
        let second: Int128 = 1_000_000_000_000_000_000
        return Duration(secondsComponent: Int64(attoseconds / second), attosecondsComponent: Int64(attoseconds % second))
    }

    private static func decimal(_ value: Int128, of unit: Int128) -> String {
        var fraction = String(String(unit + value % unit).dropFirst())
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return fraction.isEmpty ? "\(value / unit)" : "\(value / unit).\(fraction)"
    }
}
