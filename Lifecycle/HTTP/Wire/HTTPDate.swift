internal import Glibc

/// The value of a `Date` field, made once a second.
struct HTTPDate {
    private var second = -1
    private var text: [UInt8] = []

    /// The present in the form of RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
    mutating func now() -> [UInt8] {
        let present = time(nil)
        if present != second {
            second = present
            text = Self.format(present)
        }
        return text
    }

    static func format(_ second: Int) -> [UInt8] {
        var second = time_t(second)
        var parts = tm()
        gmtime_r(&second, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let two = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        return Array("\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT".utf8)
    }
}
