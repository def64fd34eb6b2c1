/// Numbers as people read them: no more digits than mean something.
package enum NumberText {
    /// Three digits or a few more: `0.042`, `7.61`, `153`, `47210`. A number that is none is a dash.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let size = value.magnitude
        if size >= 100 || value == value.rounded() { return whole(value) }
        return decimal(value, digits: size >= 10 ? 1 : size >= 0.1 || size == 0 ? 2 : 3)
    }

    /// With so many digits after the point, and a zero before it.
    package static func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "-" }
        let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard digits > 0, scaled < 9e15 else { return whole(value) }
        let (before, after) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
        let fraction = String(after)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(before).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }

    private static func whole(_ value: Double) -> String {
        value.magnitude < 9e15 ? "\(Int(value.rounded()))" : "\(value)"
    }
}
