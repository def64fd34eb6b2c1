import CPlatform
import FoundationEssentials
import Glibc
import Platform
import Testing

/// Every test here runs the built launcher for real. One at a time: they wait in system calls, and should not hold up the tests of others.
@Suite(.serialized) enum LauncherTests {}

/// One spec as the launcher reads it.
struct Spec {
    var fields: [(key: String, value: String)]

    /// A program with its arguments (`arguments[0]` included), in an environment that has a PATH and `environment`.
    init(_ id: String, _ arguments: [String], environment: [String] = []) {
        fields = [("id", id), ("exe", arguments[0])]
        fields += arguments.map { ("arg", $0) }
        fields += (["PATH=/usr/bin:/bin"] + environment).map { ("env", $0) }
    }

    /// A shell script.
    static func shell(_ id: String, _ script: String, environment: [String] = []) -> Spec {
        Spec(id, ["/bin/sh", "-c", script], environment: environment)
    }

    func with(_ key: String, _ value: String) -> Spec {
        var copy = self
        copy.fields.append((key, value))
        return copy
    }

    /// With the lock, output and record that a daemon of this name has in a run directory.
    func daemon(in run: RunDirectory, _ name: String, nonce: Nonce) -> Spec {
        with("lock", "\(run.path)/\(name).lock").with("nonce", nonce.text).with("out", "\(run.path)/\(name).out")
            .with("last", "\(run.path)/\(name).last.json")
    }

    var bytes: [UInt8] {
        fields.flatMap { Array("\($0.key)=\($0.value)".utf8) + [0] } + [0]
    }
}

/// One line of the launcher.
enum Report: Equatable {
    case pid(String, Int32, startTicks: UInt64)
    case lost(String)
    case error(String, stage: String, Int32)
    case exit(String, Int32)
    case signal(String, Int32)

    init?(_ line: some StringProtocol) {
        let words = String(line).split(separator: Character(" "), omittingEmptySubsequences: false).map { String($0) }
        switch (words.count, words.dropFirst().first) {
        case (4, "pid"):
            guard let pid = Int32(words[2]), let ticks = UInt64(words[3]) else { return nil }
            self = .pid(words[0], pid, startTicks: ticks)
        case (2, "lost"): self = .lost(words[0])
        case (4, "error"):
            guard let number = Int32(words[3]) else { return nil }
            self = .error(words[0], stage: words[2], number)
        case (3, "exit"):
            guard let number = Int32(words[2]) else { return nil }
            self = .exit(words[0], number)
        case (3, "signal"):
            guard let number = Int32(words[2]) else { return nil }
            self = .signal(words[0], number)
        default: return nil
        }
    }
}

/// What is in `last.json`.
struct LastEnd: Decodable {
    var nonce: String
    var pid: Int32
    var exit: Int32?
    var signal: Int32?
    var stage: String?
    var errno: Int32?
    var output: String
    var endedAt: Int64

    private enum CodingKeys: String, CodingKey {
        case nonce, pid, exit, signal, stage, errno, output
        case endedAt = "ended_at"
    }

    static func read(_ run: RunDirectory, _ name: String) throws -> LastEnd? {
        guard let bytes = try run.read("\(name).last.json") else { return nil }
        return try JSONDecoder().decode(LastEnd.self, from: Data(bytes))
    }
}

/// A running launcher with both its pipes. Whatever it started and has not ended is killed with it.
final class Launcher {
    private let input: Descriptor
    private let output: Descriptor
    private let process: ProcessWatch
    private var buffer: [UInt8] = []
    private var started: [ProcessWatch] = []
    private var reaped = false

    static let path: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/rbee-launch"
    }()

    /// Starts it without a batch yet, or starts another program with these options, which runs it.
    init(options: [String], program: String = Launcher.path, blocking signals: [Int32] = [], ignoring ignored: [Int32] = []) throws {
        let (childInput, input) = try Descriptor.pipe()
        let (output, childOutput) = try Descriptor.pipe()
        self.input = input
        self.output = output
        let pid = try Spawn.start(
            program, options, input: childInput.rawValue, output: childOutput.rawValue, blocking: signals, ignoring: ignored)
        process = try #require(try ProcessWatch.open(pid: pid))
        childInput.close()
        childOutput.close()
    }

    /// Starts it with a whole batch.
    convenience init(_ specs: Spec...) throws {
        try self.init(batch: specs)
    }

    convenience init(batch specs: [Spec]) throws {
        try self.init(options: [])
        try write(specs.flatMap(\.bytes) + Array("end\0".utf8))
    }

    deinit {
        input.close()
        for watch in started { _ = try? watch.signal(SIGKILL) }
        // Once nobody can report any more, nobody writes into the test's directory either.
        while output.isOpen, rbee_poll_readable(output.rawValue, 20000) == 1, let part = try? output.read(upTo: 65536), !part.isEmpty {}
        if !reaped {
            _ = try? process.signal(SIGKILL)
            _ = try? process.reap(waiting: true)
        }
    }

    func write(_ bytes: [UInt8]) throws {
        try input.write(bytes)
    }

    func closeInput() {
        input.close()
    }

    func closeOutput() {
        output.close()
    }

    /// The next line, or nil when nobody can write one any more.
    func report() throws -> Report? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                let report = try #require(Report(line), "\(line)")
                if case .pid(_, let pid, _) = report, let watch = try ProcessWatch.open(pid: pid) { started.append(watch) }
                return report
            }
            try #require(rbee_poll_readable(output.rawValue, 20000) == 1, "no report")
            let part = try output.read(upTo: 65536) ?? []
            if part.isEmpty { return nil }
            buffer += part
        }
    }

    /// The pid in the next line, which must be a start.
    func startedPID() throws -> Int32 {
        guard case .pid(_, let pid, _)? = try report() else {
            Issue.record("not started")
            return -1
        }
        return pid
    }

    /// The launcher's own exit status.
    func status() throws -> Int32 {
        try #require(process.waitForExit(milliseconds: 20000), "the launcher stays")
        reaped = true
        guard case .exit(let status)? = try process.reap(waiting: true) else { return -1 }
        return status
    }
}

/// The parent of a daemon.
func shepherd(of pid: Int32) throws -> ProcessWatch {
    let parent = try #require(ProcessStat.of(pid: pid)).parent
    return try #require(try ProcessWatch.open(pid: parent))
}

extension Spec {
    /// A program that has begun, opens nothing and waits to be killed: it stops itself.
    static func idle(_ id: String, environment: [String] = []) -> Spec {
        shell(id, "kill -STOP $$", environment: environment)
    }
}

/// Waits until an idle program has come to rest.
func waitUntilStopped(_ pid: Int32) {
    while ProcessStat.of(pid: pid)?.state != UInt8(ascii: "T") { sched_yield() }
}
