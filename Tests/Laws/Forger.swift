import DaemonContract
import DaemonHarness
import DaemonLifecycle
import Glibc
import Platform

/// Records of processes that have nothing to do with what is recorded: each of the factors that make an identity forged, alone and together.
struct Forger {
    /// What makes an identity.
    enum Factor: Int, CaseIterable {
        case pid, startTicks, bootID, pidNamespace, executable, nonce
    }

    /// A bystander and the nonce that it carries in its environment, as a child of a daemon would.
    struct Target {
        let bystander: Bystander
        let nonce: Nonce
    }

    /// What is written down of a process.
    struct Forgery {
        var line: LockLine
        var executable: FileIdentity
    }

    let targets: [Target]
    private(set) var random: SeededRandom
    private var count = 0

    /// - Parameter bystanders: how many are pointed at.
    init(seed: UInt64, bystanders: Int = 4) async throws {
        random = SeededRandom(seed)
        var targets: [Target] = []
        for _ in 0..<bystanders {
            let nonce = Nonce()
            targets.append(Target(bystander: try await Bystander(environment: [DaemonEnvironment.nonce: nonce.text]), nonce: nonce))
        }
        self.targets = targets
    }

    /// All of it true: a line that a process which carries the nonce could have written.
    static func truth(_ target: Target) throws -> Forgery {
        guard let executable = target.bystander.identity.executable else { throw TestDaemon.Failure("the image is not to be seen") }
        return Forgery(line: LockLine(target.bystander.identity, nonce: target.nonce), executable: executable)
    }

    /// The next forgery: every set of factors in its turn, with all the others true.
    ///
    /// - Parameter unclaimed: the nonce is forged in any case, and is nobody's: who carries the nonce of a line in its environment is proven
    ///   to be part of the daemon.
    mutating func next(unclaimed: Bool = false) throws -> Forgery {
        count += 1
        let target = random.pick(targets)
        var forgery = try Self.truth(target)
        let set = 1 + count % (1 << Factor.allCases.count - 1)
        for factor in Factor.allCases where set & (1 << factor.rawValue) != 0 { forge(factor, of: target, &forgery) }
        // What was drawn may be the truth about another.
        for target in targets where forgery.line == (try Self.truth(target)).line { forgery.line.pidNamespace += 1 }
        if unclaimed { forgery.line.nonce = Nonce(hexadecimal(32)) ?? Nonce() }
        return forgery
    }

    private mutating func forge(_ factor: Factor, of target: Target, _ forgery: inout Forgery) {
        let others = targets.filter { $0.bystander.pid != target.bystander.pid }
        switch factor {
        case .pid:
            forgery.line.pid = random.pick([
                random.pick(others).bystander.pid, 1, 2, getpid(), getppid(), .max, Int32.random(in: 2...4_194_304, using: &random),
            ])
        case .startTicks:
            let ticks = forgery.line.startTicks
            forgery.line.startTicks = random.pick([ticks &- 1, ticks &+ 1, ticks &- 100, 0, .max, random.next()])
        case .bootID:
            forgery.line.bootID = random.pick(["00000000-0000-4000-8000-000000000000", uuid(), flipped(forgery.line.bootID)])
        case .pidNamespace:
            let namespace = forgery.line.pidNamespace
            forgery.line.pidNamespace = random.pick([namespace &+ 1, namespace &- 1, 1, random.next() >> 32 | 1])
        case .executable:
            let own = forgery.executable
            if random.once(in: 2) { forgery.executable.inode = random.pick([own.inode &+ 1, random.next()]) }
            if forgery.executable == own { forgery.executable.device = random.pick([own.device &+ 1, 0]) }
        case .nonce:
            forgery.line.nonce = random.pick([
                random.pick(others).nonce, Nonce(hexadecimal(32)) ?? Nonce(), Nonce(flipped(target.nonce.text)) ?? Nonce(),
            ])
        }
    }

    private mutating func hexadecimal(_ count: Int) -> String {
        String(decoding: (0..<count).map { _ in random.pick(Array("0123456789abcdef".utf8)) }, as: UTF8.self)
    }

    private mutating func uuid() -> String { [8, 4, 4, 4, 12].map { hexadecimal($0) }.joined(separator: "-") }

    /// Another last digit.
    private mutating func flipped(_ digits: String) -> String {
        let last = digits.last ?? "0"
        return digits.dropLast() + String(random.pick(Array("0123456789abcdef").filter { $0 != last }))
    }

    // MARK: As files

    /// A record of the daemon that a forgery would be.
    mutating func record(_ forgery: Forgery, _ kind: DaemonKind, _ instance: String, in home: TestHome) -> DaemonRecord {
        DaemonRecord(
            kind: kind, instance: instance, nonce: forgery.line.nonce.text, pid: forgery.line.pid, startTicks: forgery.line.startTicks,
            bootID: forgery.line.bootID, pidNamespace: forgery.line.pidNamespace, owner: random.pick(["keeper", "tester", nil]),
            state: random.pick([.ready, .starting, .draining]), baseURL: "http://127.0.0.1:1", port: 1,
            socket: "\(home.path)/run/\(kind)/\(instance).sock", buildID: "forged", ttlSecs: 0, graceMs: 100,
            startedAt: HandleStore.now() - 60)
    }

    /// A handle of an owner who would have started it.
    ///
    /// - Parameter ages: how old it may be, in seconds. An intent that is younger than a minute may be that of a launch under way.
    mutating func handle(
        _ forgery: Forgery, _ kind: DaemonKind, _ instance: String, owner: String, ages: [UInt64] = [0, 30, 3600]
    ) -> HandleFile {
        let intent = random.once(in: 4)
        let handle = DaemonHandle.startedByUs(
            daemonName: kind.binaryName, baseURL: "http://127.0.0.1:1", pid: UInt32(bitPattern: forgery.line.pid))
        return HandleFile(
            handle: intent ? nil : handle,
            identity: .init(
                nonce: forgery.line.nonce.text, pid: forgery.line.pid, startTicks: forgery.line.startTicks, bootID: forgery.line.bootID,
                pidNamespace: forgery.line.pidNamespace,
                executable: .init(device: forgery.executable.device, inode: forgery.executable.inode)),
            kind: kind, instance: instance, owner: owner, intent: intent, createdAt: HandleStore.now() - random.pick(ages))
    }
}
