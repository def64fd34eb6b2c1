/// When a heartbeat was sent, by the sender's clock: RFC 3339 in UTC (`2025-10-27T00:22:00.123Z`).
///
/// It is for people and logs. Whether a sender is alive is decided by when the heartbeat was *received* (see ``HeartbeatTiming``),
/// since two machines' clocks need not agree.
public struct HeartbeatTimestamp: Hashable, Sendable, Comparable {
    /// Milliseconds since 1970-01-01 00:00 UTC; negative before.
    public var unixMilliseconds: Int64

    /// Makes a timestamp.
    public init(unixMilliseconds: Int64) {
        self.unixMilliseconds = unixMilliseconds
    }

    /// Reads RFC 3339 with any number of decimals (those beyond milliseconds are cut) and any offset; nil if it is not that.
    public init?(_ text: String) {
        var reader = Reader(bytes: Array(text.utf8)[...])
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"), let day = reader.number(2),
            reader.take("T") || reader.take("t") || reader.take(" "), let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"), let second = reader.number(2)
        else { return nil }
        var milliseconds = 0
        if reader.take(".") {
            guard let fraction = reader.fraction() else { return nil }
            milliseconds = fraction
        }
        var offset = 0
        if !(reader.take("Z") || reader.take("z")) {
            let east = reader.take("+")
            guard east || reader.take("-"), let hours = reader.number(2), reader.take(":"), let minutes = reader.number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (east ? 1 : -1)
        }
        // A leap second counts as the second after it, as it does in Unix time.
        guard reader.bytes.isEmpty, (1...12).contains(month), (1...Self.length(ofMonth: month, year: year)).contains(day), hour < 24,
            minute < 60,
            second <= 60
        else { return nil }
        let minutes = (Self.days(year: year, month: month, day: day) * 24 + hour) * 60 + minute - offset
        unixMilliseconds = Int64(minutes * 60 + second) * 1000 + Int64(milliseconds)
    }

    /// The text on the wire, with milliseconds. Years outside 0000–9999, which RFC 3339 cannot write, are held at its bounds.
    public var text: String {
        let clamped = min(max(unixMilliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let (days, milliseconds) = Self.floorDivide(Int(clamped), 86_400_000)
        let (year, month, day) = Self.date(days: days)
        let seconds = milliseconds / 1000
        let date = "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))"
        let time = "\(Self.pad(seconds / 3600, 2)):\(Self.pad(seconds / 60 % 60, 2)):\(Self.pad(seconds % 60, 2))"
        return "\(date)T\(time).\(Self.pad(milliseconds % 1000, 3))Z"
    }

    /// Whether the left one is earlier.
    public static func < (left: HeartbeatTimestamp, right: HeartbeatTimestamp) -> Bool {
        left.unixMilliseconds < right.unixMilliseconds
    }

    // Days and dates of the Gregorian calendar, counted in eras of 400 years that begin on the first of March, so that the leap day
    // comes last (Howard Hinnant, "chrono-compatible low-level date algorithms").
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func floorDivide(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard bytes.first == UInt8(ascii: character) else { return false }
            bytes.removeFirst()
            return true
        }

        mutating func number(_ digits: Int) -> Int? {
            let head = bytes.prefix(digits)
            guard head.count == digits, head.allSatisfy(Self.isDigit) else { return nil }
            bytes = bytes.dropFirst(digits)
            return head.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        mutating func fraction() -> Int? {
            let digits = bytes.prefix(while: Self.isDigit)
            guard (1...18).contains(digits.count) else { return nil }
            bytes = bytes.dropFirst(digits.count)
            return (Array(digits.prefix(3)) + [UInt8](repeating: UInt8(ascii: "0"), count: max(0, 3 - digits.count)))
                .reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        private static func isDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }
}

extension HeartbeatTimestamp: Codable, CustomStringConvertible {
    /// Reads RFC 3339 text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let timestamp = HeartbeatTimestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is no timestamp: expected one like 2025-10-27T00:22:00Z")
        }
        self = timestamp
    }

    /// Writes RFC 3339 text in UTC.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The text on the wire.
    public var description: String { text }
}
