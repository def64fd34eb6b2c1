import DaemonRuntime
import SplitMix
import Testing

@Suite struct JobEventLogTests {
    private typealias Event = JobEventLog.Event

    private func token(_ text: String) -> Event { Event(name: "token", data: text) }

    /// Everything a reader sees from a cursor on: data, gaps as `gap N`, and `wait` or `end`.
    private func readAll(_ log: JobEventLog, after lastID: UInt64? = nil) -> [String] {
        var cursor = log.cursor(after: lastID)
        var seen: [String] = []
        while true {
            switch log.read(at: cursor) {
            case .events(let events, let next):
                seen += events.map { "\($0.id):\($0.event.data)" }
                cursor = next
            case .gap(let missed, let next):
                seen.append("gap \(missed)")
                cursor = next
            case .waiting: return seen + ["wait"]
            case .ended: return seen + ["end"]
            }
        }
    }

    @Test func readersSeeEverythingInOrderAndThenTheEnd() {
        var log = JobEventLog()
        #expect(readAll(log) == ["wait"])
        log.append(token("a"))
        log.append(token("b"))
        #expect(readAll(log) == ["1:a", "2:b", "wait"])
        let isFirst = log.end("[DONE]")
        #expect(isFirst)
        #expect(readAll(log) == ["1:a", "2:b", "3:[DONE]", "end"])
        #expect(readAll(log) == readAll(log), "any number of readers")
    }

    @Test func theEndComesOnceAndNothingAfterIt() {
        var log = JobEventLog()
        let cancelled = log.end("[CANCELLED]")
        let done = log.end("[DONE]")
        #expect(cancelled && !done)
        log.append(token("late"))
        #expect(readAll(log) == ["1:[CANCELLED]", "end"])
    }

    @Test func aReaderGoesOnAfterTheLastIDItSaw() {
        var log = JobEventLog()
        for text in ["a", "b", "c"] { log.append(token(text)) }
        #expect(readAll(log, after: 2) == ["3:c", "wait"])
        #expect(readAll(log, after: 3) == ["wait"])
        #expect(readAll(log, after: 0) == ["1:a", "2:b", "3:c", "wait"])
        #expect(readAll(log, after: 99) == ["1:a", "2:b", "3:c", "wait"], "a number of an earlier life")
        _ = log.end("[DONE]")
        #expect(readAll(log, after: 3) == ["4:[DONE]", "end"])
        #expect(readAll(log, after: 4) == ["4:[DONE]", "end"], "who saw the end sees the end again")
    }

    @Test func aSlowReaderIsToldOfAGap() {
        var limits = JobEventLog.Limits()
        limits.events = 3
        var log = JobEventLog(limits: limits)
        for text in ["a", "b", "c", "d", "e"] { log.append(token(text)) }
        #expect(readAll(log) == ["gap 2", "3:c", "4:d", "5:e", "wait"])
        #expect(readAll(log, after: 1) == ["gap 1", "3:c", "4:d", "5:e", "wait"])
        #expect(readAll(log, after: 2) == ["3:c", "4:d", "5:e", "wait"])
        _ = log.end("[DONE]")
        #expect(readAll(log) == ["gap 3", "4:d", "5:e", "6:[DONE]", "end"])
    }

    @Test func bytesAreBoundedToo() {
        var limits = JobEventLog.Limits()
        limits.bytes = 10
        var log = JobEventLog(limits: limits)
        log.append(token("12345"))
        log.append(token("67890"))
        #expect(log.bytes == 10)
        log.append(token("x"))
        #expect(log.bytes == 6)
        #expect(readAll(log) == ["gap 1", "2:67890", "3:x", "wait"])
        log.append(token(String(repeating: "y", count: 100)))
        #expect(readAll(log).count == 3, "the newest stays, however long")
        _ = log.end("[DONE]")
        #expect(readAll(log) == ["gap 4", "5:[DONE]", "end"])
    }

    @Test func aReadingIsBounded() {
        var limits = JobEventLog.Limits()
        limits.batch = 2
        var log = JobEventLog(limits: limits)
        for text in ["a", "b", "c"] { log.append(token(text)) }
        guard case .events(let events, let next) = log.read(at: 1) else {
            Issue.record("no events")
            return
        }
        #expect(events.map(\.event.data) == ["a", "b"])
        #expect(next == 3)
    }

    @Test func manyEventsKeepNumbersRight() {
        var limits = JobEventLog.Limits()
        limits.events = 100
        var log = JobEventLog(limits: limits)
        for number in 1...10_000 { log.append(token("\(number)")) }
        let seen = readAll(log)
        #expect(seen.first == "gap 9900")
        #expect(seen[1] == "9901:9901")
        #expect(seen[100] == "10000:10000")
        #expect(log.nextID == 10_001)
    }

    /// A reader that comes now and then sees every event once and in order, or is told how many it missed.
    @Test(arguments: 0..<50)
    func nothingIsLostSilently(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var limits = JobEventLog.Limits()
        limits.events = 5
        limits.bytes = 40
        var log = JobEventLog(limits: limits)
        var written: UInt64 = 0
        var accounted: UInt64 = 0
        var cursor = log.cursor(after: nil)
        for _ in 0..<500 {
            if random.next() % 3 > 0 {
                written += 1
                log.append(token(String(repeating: "x", count: Int(random.next() % 20))))
            } else {
                switch log.read(at: cursor) {
                case .events(let events, let next):
                    #expect(events.map(\.id) == Array(cursor..<next))
                    accounted += UInt64(events.count)
                    cursor = next
                case .gap(let missed, let next):
                    accounted += missed
                    cursor = next
                case .waiting: #expect(accounted == written)
                case .ended: Issue.record("ended without an end")
                }
            }
        }
    }
}
