import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 10 by the thousand: random mutations of every kind of file. What cannot be read is set aside whole; what can be is what was written.
@Suite struct Law10Mutations {
    private static let count = 300

    @Test("300 mutations each of records, ends and handles: all that cannot be read are named and kept, none of the others is touched")
    func filesOfDaemons() async throws {
        try await TestHome.with { home in
            var random = SeededRandom(10_000)
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            let record = try #require(home.text("run/worker/one.json"))
            let handle = try #require(home.text("run/handles/worker-one.tester.json"))
            try await lifecycle.stop()
            let end = try ContractJSON.encodeText(LastEnd(nonce: Nonce().text, pid: 4, exit: 3, output: "no \u{1F41D}", endedAt: 5))
            var written: [(name: String, bytes: [UInt8], isWhole: Bool)] = []
            func put(_ name: String, _ bytes: [UInt8], _ isWhole: Bool) throws {
                try AtomicFile.write("\(home.path)/\(name)", bytes, mode: 0o600, durable: false)
                written.append((name, bytes, isWhole))
            }
            for number in 0..<Self.count {
                try home.writeRun("w\(number).lock", [])
                let (a, b, c) = (
                    mutated(Array(record.utf8), &random), mutated(Array(end.utf8), &random), mutated(Array(handle.utf8), &random)
                )
                try put("run/worker/w\(number).json", a, (try? ContractJSON.decode(DaemonRecord.self, from: a)) != nil)
                try put("run/worker/w\(number).last.json", b, (try? ContractJSON.decode(LastEnd.self, from: b)) != nil)
                // An intent that is old is resolved, and so gone: not what is looked at here.
                let file = try? ContractJSON.decode(HandleFile.self, from: c)
                if file?.intent != true { try put("run/handles/worker-w\(number).tester.json", c, file != nil) }
            }
            let broken = written.count { !$0.isWhole }
            #expect(broken > Self.count && broken < written.count, "of both kinds: \(broken)")
            let rows = try await DaemonDirectory(home: home.path).list()
            #expect(rows.allSatisfy { !$0.state.isRunning })
            let notices = try await Upkeep(home: home.path).run()
            for (name, bytes, isWhole) in written {
                let aside = isWhole ? name : "\(name).corrupt-1"
                let isKept = try AtomicFile.read("\(home.path)/\(aside)") == bytes
                let isNamed = notices.contains { $0.contains("\(home.path)/\(name) ") }
                if !isKept || isNamed == isWhole { Issue.record("\(name), seed \(random.seed): \(String(decoding: bytes, as: UTF8.self))") }
            }
            #expect(notices.count == broken, "seed \(random.seed)")
        }
    }

    @Test("300 mutations of a lock line, the lock held: nobody takes it for free, and what is believed is a line")
    func lockLines() async throws {
        try await TestHome.with { home in
            var random = SeededRandom(10_001)
            let line = LockLine(try ProcessIdentity.current(), nonce: Nonce())
            let lock = try #require(try FileLock.acquire(in: try home.directory(), name: "one.lock"))
            let files = try #require(
                try DaemonFiles.open(try DaemonID(kind: .worker, instance: "one"), home: RbeeHome(root: home.path), create: false))
            for number in 0..<Self.count {
                let bytes = mutated(Array(line.text.utf8), &random)
                try home.writeRun("one.lock", bytes)
                guard case .held(let read, _, _) = try files.look() else {
                    Issue.record("free, mutation \(number), seed \(random.seed)")
                    continue
                }
                #expect(read == nil || read.map { Array($0.text.utf8) } == bytes, "mutation \(number), seed \(random.seed)")
            }
            lock.release()
        }
    }

    @Test("300 mutations of a token: each is the token or is set aside, and two readers never differ")
    func tokens() async throws {
        try await TestHome.with { home in
            var random = SeededRandom(10_002)
            let run = try RunDirectory.make("\(home.path)/run")
            let text = try AccessToken.loadOrCreate(in: run) { _ in }.text
            for number in 0..<Self.count {
                let bytes = mutated(Array("\(text)\n".utf8), &random)
                try run.writeAtomically("token", bytes)
                var reports: [SystemError] = []
                let token = try AccessToken.loadOrCreate(in: run) { reports.append($0) }
                #expect(try AccessToken.load(in: run)?.text == token.text)
                let isWhole = bytes == Array("\(token.text)\n".utf8) || bytes == Array(token.text.utf8)
                #expect(isWhole == reports.isEmpty, "mutation \(number), seed \(random.seed): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }
}
