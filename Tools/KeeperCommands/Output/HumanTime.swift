/// Times as people say them.
enum HumanTime {
    /// `42s`, `3m 20s`, `5h 12m`, `3d 4h`.
    static func span(seconds: UInt64) -> String {
        let minutes = seconds / 60, hours = minutes / 60, days = hours / 24
        if days > 0 { return "\(days)d \(hours % 24)h" }
        if hours > 0 { return "\(hours)h \(minutes % 60)m" }
        if minutes > 0 { return "\(minutes)m \(seconds % 60)s" }
        return "\(seconds)s"
    }

    /// `8.3 ms`, `1.24 s`.
    static func elapsed(_ duration: Duration) -> String {
        let milliseconds = Self.milliseconds(duration)
        if milliseconds >= 1000 { return "\(rounded(milliseconds / 1000, 100)) s" }
        return "\(rounded(milliseconds, 10)) ms"
    }

    /// Milliseconds, to the microsecond.
    static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
    }

    private static func rounded(_ value: Double, _ steps: Double) -> Double {
        (value * steps).rounded() / steps
    }
}
