import DaemonContract
import FoundationEssentials
import Glibc
import Testing

@testable import DaemonRuntime

@Suite struct LogThrottleTests {
    private static let second: UInt64 = 1_000_000_000

    private func at(_ seconds: UInt64) -> Monotonic { Monotonic(nanoseconds: seconds * Self.second) }

    @Test func aRepeatedLineIsCountedAndSaidWithTheNextOne() {
        var throttle = LogThrottle(now: at(0))
        #expect(throttle.line(1, at: at(1)).writesLine)
        for _ in 0..<5 { #expect(!throttle.line(1, at: at(1)).writesLine) }
        #expect(throttle.line(2, at: at(2)) == LogThrottle.Decision(repeated: 5))
        #expect(throttle.line(1, at: at(2)) == LogThrottle.Decision())
    }

    @Test func aRepeatedLineIsWrittenAgainAfterAWhile() {
        var throttle = LogThrottle(now: at(0))
        _ = throttle.line(1, at: at(1))
        _ = throttle.line(1, at: at(2))
        #expect(throttle.line(1, at: at(11)) == LogThrottle.Decision(repeated: 1))
        #expect(!throttle.line(1, at: at(12)).writesLine)
    }

    @Test func silenceSaysWhatWasCounted() {
        var throttle = LogThrottle(now: at(0))
        _ = throttle.line(1, at: at(1))
        _ = throttle.line(1, at: at(2))
        #expect(throttle.tick(at: at(5)) == LogThrottle.Decision(writesLine: false))
        #expect(throttle.tick(at: at(11)) == LogThrottle.Decision(repeated: 1, writesLine: false))
        #expect(throttle.tick(at: at(12)) == LogThrottle.Decision(writesLine: false))
    }

    @Test func tooManyLinesAreDroppedAndCounted() {
        var limits = LogThrottle.Limits()
        limits.burst = 3
        limits.perSecond = 1
        var throttle = LogThrottle(limits: limits, now: at(1))
        for line in 0..<3 { #expect(throttle.line(line, at: at(1)).writesLine) }
        for line in 3..<10 { #expect(!throttle.line(line, at: at(1)).writesLine) }
        #expect(throttle.line(10, at: at(2)) == LogThrottle.Decision(dropped: 7))
        #expect(!throttle.line(11, at: at(2)).writesLine)
        #expect(throttle.tick(at: at(2)) == LogThrottle.Decision(writesLine: false))
        #expect(throttle.tick(at: at(100)) == LogThrottle.Decision(dropped: 1, writesLine: false))
        for line in 0..<3 { #expect(throttle.line(line + 20, at: at(100)).writesLine, "never more than the burst") }
        #expect(!throttle.line(30, at: at(100)).writesLine)
    }

    @Test func theEndSaysWhatWasCounted() {
        var throttle = LogThrottle(now: at(0))
        _ = throttle.line(1, at: at(1))
        _ = throttle.line(1, at: at(1))
        #expect(throttle.flush() == LogThrottle.Decision(repeated: 1, writesLine: false))
        #expect(throttle.flush() == LogThrottle.Decision(writesLine: false))
    }
}

@Suite struct LogFileTests {
    private struct Line: Decodable {
        let time: String
        let level: String
        let message: String
        let metadata: [String: JSONValue]?
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/rbee-log-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.map { mkdtemp($0) } }
        try #require(made != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func lines(_ path: String) throws -> [Line] {
        let data = try #require(FileManager.default.contents(atPath: path))
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Line.self, from: Data($0)) }
    }

    @Test func linesAreJSONWithTimeLevelSentenceAndMetadata() throws {
        try withFolder { folder in
            let log = JSONLinesLog()
            log.open(directory: folder, name: "d.log")
            log.debug("Left out.")
            log.info("First.")
            log.warning("Second.", ["path": "a \"b\"\\\n\u{1}é", "why": .describing(3)])
            let lines = try lines(folder + "/d.log")
            #expect(lines.map(\.message) == ["First.", "Second."])
            #expect(lines.map(\.level) == ["info", "warning"])
            #expect(lines[1].metadata == ["path": .string("a \"b\"\\\n\u{1}é"), "why": .string("3")])
            #expect(lines[0].time.count == 24 && lines[0].time.hasSuffix("Z"))
            var status = stat()
            #expect(stat(folder + "/d.log", &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func secretsStayOut() throws {
        try withFolder { folder in
            let log = JSONLinesLog()
            log.open(directory: folder, name: "d.log")
            log.conceal("0123456789abcdef")
            log.info("Said.", ["text": "Bearer 0123456789abcdef and 0123456789abcdef", "access_token": "zzz", "Authorization": "yyy"])
            let text = String(decoding: try #require(FileManager.default.contents(atPath: folder + "/d.log")), as: UTF8.self)
            #expect(!text.contains("0123456789abcdef") && !text.contains("zzz") && !text.contains("yyy"))
            #expect(text.contains("Bearer [concealed] and [concealed]"))
        }
    }

    @Test func longValuesAreCutAtACharacter() throws {
        try withFolder { folder in
            let log = JSONLinesLog()
            log.open(directory: folder, name: "d.log")
            log.info("Long.", ["text": .text("x" + String(repeating: "é", count: 5000))])
            guard case .string(let value) = try lines(folder + "/d.log").first?.metadata?["text"] else {
                Issue.record("no text")
                return
            }
            #expect(value.utf8.count <= LogMetadata.longestValue + 3 && value.hasSuffix("é…"))
        }
    }

    @Test func theFileIsSetAsideWhenFullAndThreeAreKept() throws {
        try withFolder { folder in
            var limits = RotatingFile.Limits()
            limits.bytes = 100
            var file = RotatingFile(directory: folder, name: "d.log", limits: limits)
            for number in 0..<40 {
                let failure = file.append(Array("line \(number + 100)\n".utf8))
                #expect(failure == 0)
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["d.log", "d.log.1", "d.log.2"])
            var text = ""
            for name in ["d.log.2", "d.log.1", "d.log"] {
                let data = try #require(FileManager.default.contents(atPath: folder + "/" + name))
                #expect(data.count <= 100)
                text += String(decoding: data, as: UTF8.self)
            }
            let numbers = text.split(separator: "\n").compactMap { Int($0.dropFirst(5)) }
            #expect(numbers.last == 139)
            #expect(numbers == Array((numbers.first ?? 0)...139), "no line is lost between the files")
        }
    }

    @Test func aFileFoundFullIsSetAsideAtOnce() throws {
        try withFolder { folder in
            #expect(FileManager.default.createFile(atPath: folder + "/d.log", contents: Data(repeating: 10, count: 99)))
            var limits = RotatingFile.Limits()
            limits.bytes = 100
            var file = RotatingFile(directory: folder, name: "d.log", limits: limits)
            let failure1 = file.append(Array("line\n".utf8))
            #expect(failure1 == 0)
            #expect(FileManager.default.contents(atPath: folder + "/d.log")?.count == 5)
            #expect(FileManager.default.contents(atPath: folder + "/d.log.1")?.count == 99)
        }
    }

    @Test func aFileThatWasMovedAwayIsMadeAnew() throws {
        try withFolder { folder in
            let log = JSONLinesLog()
            log.open(directory: folder, name: "d.log")
            log.info("One.")
            #expect(rename(folder + "/d.log", folder + "/old") == 0)
            log.info("Two.")
            log.tick()
            log.info("Three.")
            log.tick()
            log.info("Four.")
            let (old, new) = (try lines(folder + "/old"), try lines(folder + "/d.log"))
            #expect(old.map(\.message) == ["One.", "Two."])
            #expect(new.map(\.message) == ["Three.", "Four."])
        }
    }

    @Test func aLinkInTheLogsPlaceIsNotFollowed() throws {
        try withFolder { folder in
            #expect(symlink(folder + "/elsewhere", folder + "/d.log") == 0)
            var file = RotatingFile(directory: folder, name: "d.log")
            let failure2 = file.append(Array("line\n".utf8))
            #expect(failure2 == ELOOP)
            #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"))
            #expect(mkfifo(folder + "/pipe", 0o600) == 0)
            var pipe = RotatingFile(directory: folder, name: "pipe")
            let failure3 = pipe.append(Array("line\n".utf8))
            #expect(failure3 == ENXIO)
        }
    }

    @Test func aLogThatCannotBeWrittenSaysSoAfterwards() throws {
        try withFolder { folder in
            let log = JSONLinesLog()
            log.open(directory: folder + "/absent", name: "d.log")
            log.info("Lost.")
            log.info("Lost too.")
            #expect(mkdir(folder + "/absent", 0o700) == 0)
            log.flush()
            log.open(directory: folder + "/absent", name: "d.log")
            log.info("Kept.")
            let lines = try lines(folder + "/absent/d.log")
            #expect(lines.map(\.message) == ["The log could not be written for a while.", "Kept."])
        }
    }

    @Test func aRepeatedLineIsWrittenOnce() throws {
        try withFolder { folder in
            let log = JSONLinesLog()
            log.open(directory: folder, name: "d.log")
            for _ in 0..<1000 { log.info("Again.") }
            log.info("Other.")
            let lines = try lines(folder + "/d.log")
            #expect(lines.map(\.message) == ["Again.", "The line before was repeated.", "Other."])
        }
    }
}
