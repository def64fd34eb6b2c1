/// The events of one job, bounded, for any number of readers that each keep only a cursor.
///
/// A reader that falls behind what is kept is told how many events it missed; it never loses one silently. The end is an event like
/// the others, comes exactly once, and is never dropped.
package struct JobEventLog: Hashable, Sendable {
    /// One event of a stream.
    package struct Event: Hashable, Sendable {
        /// Its name: `narration`, `token`, `result`; `nil` for the end.
        package let name: String?
        package let data: String

        package init(name: String?, data: String) {
            self.name = name
            self.data = data
        }
    }

    /// An event and its number.
    package struct Numbered: Hashable, Sendable {
        package let id: UInt64
        package let event: Event
    }

    /// What a reader finds at its cursor.
    package enum Reading: Hashable, Sendable {
        /// Events in order; go on with `next`.
        case events([Numbered], next: UInt64)
        /// So many events are not kept any more; go on with `next`.
        case gap(missed: UInt64, next: UInt64)
        /// Nothing yet.
        case waiting
        /// The end has been read.
        case ended
    }

    package struct Limits: Hashable, Sendable {
        /// Most events kept.
        package var events = 8192
        /// Most bytes of data kept.
        package var bytes = 4 << 20
        /// Most events handed out in one reading.
        package var batch = 64

        package init() {}
    }

    /// The number the first event gets.
    package static let firstID: UInt64 = 1

    private let limits: Limits
    private var kept: [Event] = []
    /// Index of the oldest event in `kept`; those before are dropped in bulk.
    private var head = 0
    private var oldest = Self.firstID
    private var endID: UInt64?
    /// Bytes of data kept.
    package private(set) var bytes = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether the end has been written.
    package var hasEnded: Bool { endID != nil }

    /// The number the next event gets.
    package var nextID: UInt64 { oldest + UInt64(kept.count - head) }

    /// Adds an event; after the end it is left out, since a body may still speak while it unwinds.
    package mutating func append(_ event: Event) {
        guard endID == nil else { return }
        push(event)
    }

    /// Adds the end. Only the first one counts.
    ///
    /// - Returns: whether this was the first.
    package mutating func end(_ marker: String) -> Bool {
        guard endID == nil else { return false }
        endID = nextID
        push(Event(name: nil, data: marker))
        return true
    }

    /// Where a reader begins: with the oldest event, or after the one it saw last. Whoever saw the end reads the end again, and a number
    /// from the future (of an earlier life of the daemon) begins at the beginning.
    package func cursor(after lastID: UInt64?) -> UInt64 {
        guard let lastID, lastID < nextID else { return Self.firstID }
        if let endID, lastID >= endID { return endID }
        return lastID + 1
    }

    /// What a reader with this cursor finds.
    package func read(at cursor: UInt64) -> Reading {
        if let endID, cursor > endID { return .ended }
        if cursor < oldest { return .gap(missed: oldest - cursor, next: oldest) }
        let available = nextID - cursor
        guard available > 0 else { return .waiting }
        let count = min(available, UInt64(limits.batch))
        let start = head + Int(cursor - oldest)
        let events = (0..<Int(count)).map { Numbered(id: cursor + UInt64($0), event: kept[start + $0]) }
        return .events(events, next: cursor + count)
    }

    private mutating func push(_ event: Event) {
        kept.append(event)
        bytes += event.data.utf8.count
        // One always stays: the newest, which may be the end.
        while kept.count - head > 1, kept.count - head > limits.events || bytes > limits.bytes {
            bytes -= kept[head].data.utf8.count
            kept[head] = Event(name: nil, data: "")
            head += 1
            oldest += 1
        }
        // Dropping in bulk keeps an append cheap on average.
        if head > 64, head * 2 > kept.count {
            kept.removeFirst(head)
            head = 0
        }
    }
}
