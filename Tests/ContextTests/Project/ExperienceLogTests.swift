import ContextContract
import Glibc
import Platform
import Testing

@testable import Context

/// What agents have learnt is only ever appended to.
struct ExperienceLogTests {
    private static func experience(_ number: Int, _ rationale: String? = nil) -> Experience {
        Experience(agentID: "a", decision: "d\(number)", rationale: rationale, timestamp: Int64(number))
    }

    private static func decisions(_ log: ExperienceLog, _ count: Int) -> [String] { log.newest(count).map(\.decision) }

    @Test func newestFirst() async throws {
        try await ProjectHome.with { home in
            let log = try home.store().create(home.path, at: 1).experiences
            #expect(log.newest(5).isEmpty)
            for number in 1...7 { try log.append(Self.experience(number)) }
            #expect(Self.decisions(log, 5) == ["d7", "d6", "d5", "d4", "d3"])
            #expect(Self.decisions(log, 100).count == 7)
        }
    }

    @Test func linesThatCannotBeReadArePassedOver() async throws {
        try await ProjectHome.with { home in
            let folder = try home.store().create(home.path, at: 1)
            let log = folder.experiences
            try log.append(Self.experience(1))
            let file = "\(folder.directory.path)/experience.jsonl"
            let before = try #require(try AtomicFile.read(file))
            // Garbage, and a line that a crash cut short.
            try AtomicFile.write(file, before + Array("garbage\n\u{0}\n{\"agent_id\":\"a\",\"decis".utf8))
            try log.append(Self.experience(2))
            #expect(Self.decisions(log, 5) == ["d2", "d1"])
        }
    }

    @Test func itIsSetAsideWhenItIsLargeAndNothingIsLost() async throws {
        try await ProjectHome.with { home in
            let folder = try home.store().create(home.path, at: 1)
            var log = folder.experiences
            log.rotation = 2_000
            for number in 1...100 { try log.append(Self.experience(number, String(repeating: "x", count: 50))) }
            let files = try folder.directory.list().filter { $0.hasPrefix("experience.jsonl") }
            #expect(files.count > 2)
            let lines = try files.map { try folder.directory.read($0)?.count { $0 == UInt8(ascii: "\n") } ?? 0 }.reduce(0, +)
            #expect(lines == 100)
            #expect(Self.decisions(log, 3) == ["d100", "d99", "d98"])
        }
    }

    @Test func onlyTheEndOfALargeFileIsRead() async throws {
        try await ProjectHome.with { home in
            let log = try home.store().create(home.path, at: 1).experiences
            for number in 1...40 { try log.append(Self.experience(number, String(repeating: "y", count: 20_000))) }
            #expect(Self.decisions(log, 5) == ["d40", "d39", "d38", "d37", "d36"])
        }
    }
}
