import DaemonContract
import DaemonLifecycle
import EventLoop
import Glibc
import Synchronization

/// Carries out one round's storm: keepers and library callers work in one home while blows fall on its processes and its files are damaged; a few
/// keepers work in the other one, where nothing may fail.
final class Storm: Sendable {
    let round: Round
    let run: ChaosRun
    private let isOver = Atomic<Bool>(false)
    /// Signals that were sent to keepers, by pid.
    private let struck = Mutex<[Int32: Set<Int32>]>([:])
    private let violations = Mutex<[Violation]>([])

    init(_ round: Round, _ run: ChaosRun) {
        self.round = round
        self.run = run
    }

    private var home: ChaosHome { run.homes[round.home] }
    private var witness: ChaosHome { run.homes[1 - round.home] }

    /// Returns when every command has ended and everything that was suspended goes on.
    func rage() async -> [Violation] {
        run.overlaps.beginStorm()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.look() }
            group.addTask { [self] in
                await withTaskGroup(of: Void.self) { busy in
                    for lane in round.lanes { busy.addTask { for step in lane { await self.command(step, in: self.home) } } }
                    for lane in round.callers { busy.addTask { for step in lane { await self.call(step) } } }
                    busy.addTask { for step in self.round.witnesses { await self.command(step, in: self.witness) } }
                    for strike in round.strikes { busy.addTask { await self.perform(strike) } }
                    for latecomer in round.latecomers { busy.addTask { await self.perform(latecomer) } }
                    for ruse in round.ruses { busy.addTask { await self.perform(ruse) } }
                    for damage in round.damages { busy.addTask { await self.perform(damage) } }
                }
                isOver.store(true, ordering: .relaxed)
            }
        }
        try? await onBlockingThread { [run, home] in
            run.vandal.endHidden(run.reader.processes().filter { $0.home == home.index }, reader: run.reader)
            run.vandal.tidy()
        }
        return violations.withLock { $0 } + run.overlaps.takeViolations()
    }

    private func complain(_ violation: Violation) {
        let isNew = violations.withLock { violations in
            defer { if !violations.contains(violation) { violations.append(violation) } }
            return !violations.contains(violation)
        }
        guard isNew else { return }
        run.timeline.add("VIOLATION \(violation)", home: violation.home, daemons: violation.daemon.map { [$0] } ?? [])
    }

    /// Looks at the processes until the storm is over.
    private func look() async {
        while !isOver.load(ordering: .relaxed), !run.isEnding {
            let processes = (try? await onBlockingThread { [reader = run.reader] in reader.processes() }) ?? []
            run.overlaps.saw(processes)
            await run.rest(.milliseconds(200))
        }
    }

    // MARK: Who works

    @discardableResult
    private func command(_ step: CommandStep, in place: ChaosHome) async -> KeeperRun.End? {
        await run.rest(.milliseconds(step.pause))
        guard !run.isEnding else { return nil }
        let isWitness = place.index != round.home
        let touched = Self.touched(step.words)
        do {
            let keeper = try KeeperRun(step.words, home: place)
            run.timeline.add("keeper \(keeper.pid) begins: \(step.text)", home: place.index, daemons: touched)
            let outcome = await keeper.finish()
            guard !run.isEnding else { return nil }
            let signals = struck.withLock { $0.removeValue(forKey: keeper.pid) } ?? []
            let last = outcome.errors.split(separator: "\n").first { $0.contains("rror") }.map { ": \($0.prefix(300))" } ?? ""
            run.timeline.add("keeper \(keeper.pid) ended, \(outcome.end): \(step.text)\(last)", home: place.index, daemons: touched)
            note(step, outcome, signals)
            var complaints = CommandVerdict.complaints(step.words, outcome, signals: signals)
            if isWitness, outcome.end != .exit(0) { complaints.append("it failed where nobody disturbed it: \(outcome.end)") }
            for complaint in complaints {
                let law: Violation.Law = outcome.end == .overdue ? .bounded : outcome.end == .streamsHeld ? .outlivesItsStarter : .noOrphans
                complain(
                    Violation(
                        law, home: place.index, daemon: touched.first,
                        "rbee-keeper \(step.text) (\(keeper.pid)): \(complaint)\n\(outcome.errors.suffix(1500))\(outcome.output.suffix(500))"
                    ))
            }
            if let claim = StartClaim(step.words, outcome) { await check(claim, by: "rbee-keeper \(step.text)", in: place) }
            return outcome.end
        } catch {
            complain(Violation(.noOrphans, home: place.index, "the harness could not run rbee-keeper \(step.text): \(error)"))
            return nil
        }
    }

    private func note(_ step: CommandStep, _ outcome: KeeperRun.Outcome, _ signals: Set<Int32>) {
        run.tally.add(.keepers)
        if !signals.isEmpty { run.tally.add(.commandsStruck) }
        switch outcome.end {
        case .exit(0):
            if ["infer", "ping"].contains(step.words.first) { run.tally.add(.requests) }
        default: run.tally.add(.commandsFailed)
        }
        run.tally.exit("\(outcome.end)")
    }

    private func call(_ step: LibraryStep) async {
        await run.rest(.milliseconds(step.pause))
        guard !run.isEnding, let caller = run.callers[round.home], let id = caller.daemon(step.charge) else { return }
        run.timeline.add("library begins: \(step.text)", home: home.index, daemons: [id.description])
        let outcome = await caller.perform(step)
        guard !run.isEnding else { return }
        run.timeline.add("library ended: \(step.text): \(outcome.text)", home: home.index, daemons: [id.description])
        run.tally.add(.libraryCalls)
        for complaint in LibraryCaller.complaints(outcome) {
            complain(Violation(.bounded, home: home.index, daemon: id.description, "library \(step.text): \(complaint)"))
        }
        guard case .done(let handle) = outcome else { return }
        if [.send, .ping, .lease].contains(step.call) { run.tally.add(.requests) }
        if let handle {
            let claim = StartClaim(kind: id.kind.rawValue, instance: id.instance, pid: handle.processID, url: handle.baseURL)
            await check(claim, by: "library \(step.text)", in: home)
        }
    }

    /// Law 3: who is given a handle was given it by a daemon that answered.
    private func check(_ claim: StartClaim, by whom: String, in place: ChaosHome) async {
        run.tally.add(.ensures)
        switch await ClaimCheck(home: place, reader: run.reader, overlaps: run.overlaps).check(claim) {
        case .answered: run.tally.add(.confirmedByAsking)
        case .traced: break
        case .wrong(let why):
            complain(Violation(.readyMeansAnswered, home: place.index, daemon: claim.daemon, "\(whom) succeeded, but \(why)"))
        }
    }

    /// The daemons that a command is about; empty when it may be about any.
    static func touched(_ words: [String]) -> [String] {
        switch words.first {
        case "queen": ["queen/default"]
        case "context": ["context/default"]
        case "hive": ["hive/localhost"]
        case "worker": words.first { $0.hasPrefix("w-") }.map { ["worker/\($0)"] } ?? []
        default: []
        }
    }

    // MARK: Who destroys

    private func perform(_ strike: Strike) async {
        await run.rest(.milliseconds(strike.at))
        guard !run.isEnding else { return }
        let victims = (try? await onBlockingThread { [run, home] in Hunter(run: run, home: home).victims(of: strike) }) ?? []
        guard !victims.isEmpty else {
            run.tally.add(.strikesWithoutVictim)
            return
        }
        for victim in victims {
            if victim.process.role == .keeper { _ = struck.withLock { $0[victim.process.pid, default: []].insert(strike.means.signal) } }
            guard victim.signal(strike.means.signal) else { continue }
            run.tally.blow(strike.means, at: victim.process.role)
            run.timeline.add(
                "\(strike.means) hits \(victim.process)", home: home.index, daemons: victim.process.daemon.map { [$0] } ?? [])
        }
        guard case .suspend(let time) = strike.means else { return }
        await run.rest(.milliseconds(time))
        for victim in victims where victim.signal(SIGCONT) {
            run.timeline.add(
                "SIGCONT lets \(victim.process.pid) go on", home: home.index, daemons: victim.process.daemon.map { [$0] } ?? [])
        }
    }

    /// Laws 4 and 7: a stop that is led to a bystander neither signals that nor says that the daemon has gone.
    private func perform(_ ruse: Ruse) async {
        await run.rest(.milliseconds(ruse.at))
        guard !run.isEnding else { return }
        let impostor = Impostor(run: run, home: home)
        guard let scene = (try? await onBlockingThread { impostor.set(ruse) }) ?? nil else { return }
        run.tally.add(.ruses)
        run.timeline.add("ruse: \(scene.text)", home: home.index, daemons: [scene.daemon])
        let end = await command(scene.stop, in: home)
        if end == .exit(0), scene.isSuspended, let victim = scene.victim, !victim.isGone, !run.overlaps.isExcused(scene.daemon) {
            complain(
                Violation(
                    .stopEnds, home: home.index, daemon: scene.daemon,
                    "rbee-keeper \(scene.stop.text) said that it is gone, and \(victim.process) lives"))
        }
        scene.end()
        run.timeline.add("ruse ended", home: home.index, daemons: [scene.daemon])
        for violation in run.bystanders.violations() { complain(violation) }
    }

    /// Law 1: who comes late loses.
    private func perform(_ latecomer: Latecomer) async {
        await run.rest(.milliseconds(latecomer.at))
        guard !run.isEnding else { return }
        let launch = LateLaunch(run: run, home: home)
        guard let outcome = (try? await onBlockingThread { try launch.perform(latecomer) }) ?? nil else { return }
        run.tally.add(.latecomers)
        run.timeline.add(outcome.text, home: home.index, daemons: [outcome.daemon])
        guard outcome.isSecond, !run.overlaps.isExcused(outcome.daemon) else { return }
        complain(
            Violation(
                .one, home: home.index, daemon: outcome.daemon, "a second one was started while the first had its lock: \(outcome.text)"))
    }

    private func perform(_ damage: Damage) async {
        await run.rest(.milliseconds(damage.at))
        guard !run.isEnding else { return }
        // Before it is done: a process may be faster than we are.
        if damage.replacesLock, damage.target == .folder { run.overlaps.excuse(nil) }
        let deed = try? await onBlockingThread { [run, home] () -> Vandal.Deed? in
            run.vandal.perform(damage, on: home) { run.overlaps.excuse($0) }
        }
        guard let deed = deed ?? nil else {
            run.tally.add(.damagesWithoutFile)
            return
        }
        run.tally.damage(damage)
        run.timeline.add("damage: \(deed.text)", home: home.index, daemons: deed.daemon.map { [$0] } ?? [])
    }
}

extension Strike.Means {
    var signal: Int32 {
        switch self {
        case .kill: SIGKILL
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .suspend: SIGSTOP
        }
    }
}

extension LibraryCaller.Outcome {
    var text: String {
        switch self {
        case .done(let handle): handle.map { "done, \($0.baseURL)" } ?? "done"
        case .failed(let error): "\(error.code): \(error.message.prefix(300))"
        case .overdue: "overdue"
        case .other(let text): text
        }
    }
}
