/// Takes server-sent events out of a stream of bytes, however it is cut up. Pure: bytes in, events out.
///
/// Follows the standard's rules: CR, LF or CR LF end a line, a blank line dispatches, a comment is ignored, an event without data is
/// none, what has not been dispatched at the end is dropped.
package struct SSEParser: Sendable {
    /// How large one event may become.
    private let limit: Int

    private var line: [UInt8] = []
    private var lastWasCR = false
    private var isFirstLine = true

    private var event: String?
    private var data: [UInt8] = []
    private var hasData = false
    private var retry: Int?
    /// Stays from event to event.
    private var lastID: String?

    /// - Parameter limit: bytes of one event, after which parsing fails.
    package init(limit: Int = 16 * 1024 * 1024) {
        self.limit = limit
    }

    /// Takes in bytes.
    ///
    /// - Returns: the events that they complete.
    /// - Throws: `tooLarge`.
    package mutating func parse(_ bytes: some Sequence<UInt8>) throws(HTTPError) -> [SSEEvent] {
        var events: [SSEEvent] = []
        for byte in bytes {
            if byte == 0x0A, lastWasCR {
                lastWasCR = false
                continue
            }
            lastWasCR = byte == 0x0D
            if byte == 0x0A || byte == 0x0D {
                if let event = endLine() {
                    events.append(event)
                }
            } else {
                line.append(byte)
                guard line.count + data.count <= limit else {
                    throw HTTPError(.tooLarge, "a server-sent event is larger than \(limit) bytes")
                }
            }
        }
        return events
    }

    private mutating func endLine() -> SSEEvent? {
        defer {
            line.removeAll(keepingCapacity: true)
            isFirstLine = false
        }
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) {
            line.removeFirst(3)
        }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == 0x20 {
            value = value.dropFirst()
        }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event":
            event = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData {
                data.append(0x0A)
            }
            data += value
            hasData = true
        case "id" where !value.contains(0):
            lastID = String(decoding: value, as: UTF8.self)
        case "retry" where !value.isEmpty && value.allSatisfy(\.isDigit):
            retry = Int(String(decoding: value, as: UTF8.self))
        default:
            break  // a comment, or a field that the standard does not know
        }
        return nil
    }

    private mutating func dispatch() -> SSEEvent? {
        defer {
            event = nil
            data = []
            hasData = false
            retry = nil
        }
        guard hasData else { return nil }
        let name = event?.isEmpty == true ? nil : event
        return SSEEvent(event: name, id: lastID, data: String(decoding: data, as: UTF8.self), retry: retry)
    }
}
