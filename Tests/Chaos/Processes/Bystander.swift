import Glibc
import Platform

/// A process that has nothing to do with rbee but looks as if it had, and whose only work is to write down each signal that it gets.
enum BystanderProgram {
    static func run(log: String) -> Never {
        // Before there is any other thread: every one of them would have to be deaf too.
        var all = sigset_t()
        sigfillset(&all)
        sigprocmask(SIG_BLOCK, &all, nil)
        ChaosFile.write("/proc/self/comm", Array("rbee-worker".utf8), flags: 0)
        note("ready", in: log)
        while true {
            var number: Int32 = 0
            if sigwait(&all, &number) == 0 { note("signal \(number)", in: log) }
        }
    }

    private static func note(_ text: String, in log: String) {
        ChaosFile.write(log, Array("\(text)\n".utf8), flags: O_APPEND)
    }
}

/// A bystander as this program sees it: its child.
final class Bystander: Sendable {
    /// What a forger has to know of it.
    struct Identity: Sendable, Hashable {
        let pid: Int32
        let startTicks: UInt64
        let bootID: String
        let namespace: UInt64
    }

    let identity: Identity
    private let log: String
    private let watch: ProcessWatch

    /// - Parameters:
    ///   - home: whose environment it carries; nil: none.
    ///   - name: what its command line begins with.
    init(number: Int, root: String, home: ChaosHome?, name: String) throws {
        log = "\(root)/bystander-\(number).log"
        var environment = home?.environment ?? ["PATH": "/usr/bin:/bin"]
        environment[Cleaner.variable] = root
        let pid = try Spawn.start(
            Spawn.ownPath, [name, ProgramMode.bystander.rawValue, log, "--instance", "w-1"], environment: environment, inNewSession: true)
        guard let watch = try ProcessWatch.open(pid: pid), let stat = ProcReader.stat(pid),
            let boot = ChaosFile.text(of: "/proc/sys/kernel/random/boot_id"), let namespace = Self.namespace()
        else { throw SystemError(errno: ESRCH, "watch process \(pid)") }
        self.watch = watch
        identity = Identity(
            pid: pid, startTicks: stat.startTicks, bootID: String(boot.prefix { $0 != "\n" }), namespace: namespace)
    }

    private static func namespace() -> UInt64? {
        var about = stat()
        return stat("/proc/self/ns/pid", &about) == 0 ? UInt64(about.st_ino) : nil
    }

    var isReady: Bool { notes.first == "ready" }

    private var notes: [String] { (ChaosFile.text(of: log) ?? "").split(separator: "\n").map(String.init) }

    /// What was done to it; empty when nothing was.
    func injuries() -> [String] {
        if watch.hasExited { return ["process \(identity.pid) was killed"] }
        let state = ProcReader.stat(identity.pid)?.state
        let suspended = state == UInt8(ascii: "T") ? ["process \(identity.pid) was suspended"] : []
        return suspended + notes.dropFirst().map { "process \(identity.pid) got \($0)" }
    }

    func signal(_ number: Int32) {
        _ = try? watch.signal(number)
    }

    func end() {
        signal(SIGKILL)
        _ = try? watch.reap(waiting: true)
    }
}

/// The bystanders of a run.
struct Bystanders: Sendable {
    let all: [Bystander]

    /// Half of them carry a home in their environment, all of them a name of ours.
    init(root: String, homes: [ChaosHome]) throws {
        let names = ["queen-rbee", "rbee-hive", "rbee-worker", "rbee-launch", "rbee-context", "rbee-worker"]
        all = try names.enumerated().map { index, name in
            try Bystander(number: index, root: root, home: index % 3 == 2 ? nil : homes[index % 2], name: name)
        }
    }

    func one(_ salt: UInt64) -> Bystander.Identity { all[Int(salt % UInt64(all.count))].identity }

    func violations() -> [Violation] {
        all.flatMap { $0.injuries() }.map { Violation(.neverTheWrongProcess, "a bystander was signalled: \($0)") }
    }
}
