/// What a row's numbers count.
package enum Unit: String, Codable, Hashable, Sendable, CaseIterable {
    case microseconds = "µs"
    case milliseconds = "ms"
    /// Work done each second: the more the better.
    case perSecond = "/s"
    /// How often something happens that had better not.
    case timesPerSecond = "times/s"
    case mebibytes = "MiB"
    case kibibytes = "KiB"
    case percent = "%"
    /// Things: descriptors, threads.
    case count = ""

    /// Whether more of it is better.
    package var moreIsBetter: Bool { self == .perSecond }

    /// A number with its unit: `3.2 ms`, `12`.
    package func text(_ value: Double) -> String {
        let number = NumberText.short(value)
        return rawValue.isEmpty ? number : self == .perSecond ? "\(number)\(rawValue)" : "\(number) \(rawValue)"
    }
}
