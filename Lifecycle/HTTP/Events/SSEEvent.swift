/// One server-sent event.
package struct SSEEvent: Sendable, Equatable {
    /// The `event:` field; without one it is a "message".
    package var event: String?
    /// The last `id:` seen, which a reader gives as `Last-Event-ID` when it comes back.
    package var id: String?
    /// The data, its lines joined with "\n".
    package var data: String
    /// How long to wait before coming back, in milliseconds.
    package var retry: Int?

    package init(event: String? = nil, id: String? = nil, data: String, retry: Int? = nil) {
        self.event = event
        self.id = id
        self.data = data
        self.retry = retry
    }

    /// As it goes over the wire. A line break in `event` or `id` would end the field, so it becomes a space.
    package var encoded: [UInt8] {
        var text = ""
        if let event { text += "event: \(event.onOneLine)\n" }
        if let id { text += "id: \(id.onOneLine)\n" }
        if let retry { text += "retry: \(retry)\n" }
        for line in data.eventLines {
            text += line.isEmpty ? "data:\n" : "data: \(line)\n"
        }
        text += "\n"
        return Array(text.utf8)
    }
}

extension String {
    fileprivate var onOneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\n" || $0 == "\r" || $0 == "\0" ? " " : $0 }))
    }

    /// Split at CR LF, CR or LF, as a reader would; Swift sees CR LF as one character.
    fileprivate var eventLines: [Substring] {
        split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
    }
}
