import EventLoop
import Glibc
import Platform
import Synchronization

/// One run: two homes, storms over one after the other, and the quiet between them.
final class ChaosRun: Sendable {
    let options: Options
    let root: String
    let homes: [ChaosHome]
    let callers: [LibraryCaller?]
    let bystanders: Bystanders
    let vandal: Vandal
    let reader: ProcReader
    let overlaps = Overlaps()
    let timeline: Timeline
    let tally = Tally()
    private let ending = Atomic<Bool>(false)

    init(_ options: Options, root: String) throws {
        self.options = options
        self.root = root
        timeline = Timeline(isLoud: options.isLoud)
        homes = [try ChaosHome(0, in: root), try ChaosHome(1, in: root)]
        callers = try homes.map { try LibraryCaller($0) }
        bystanders = try Bystanders(root: root, homes: homes)
        vandal = Vandal(root: root, bystanders: bystanders)
        reader = ProcReader(root: root)
    }

    /// Whether somebody wants it to end now.
    var isEnding: Bool { ending.load(ordering: .relaxed) }

    func end() {
        ending.store(true, ordering: .relaxed)
    }

    /// Lets time pass: the plan says when things happen, and looking again is no event.
    func rest(_ time: Duration) async {
        try? await EventLoop.shared.sleep(for: time)  // a plan is a list of moments
    }

    /// - Returns: what broke a law, as soon as something did.
    func perform() async -> [Violation] {
        let quiet = Quiet(run: self)
        var violations = await SelfCheck(run: self).violations()
        guard violations.isEmpty else { return violations }
        let planner = Planner(seed: options.seed)
        var number = options.first
        while violations.isEmpty, !isEnding, options.allows(round: number, after: timeline.elapsed) {
            violations = await perform(planner.round(number), quiet)
            number += 1
        }
        guard violations.isEmpty, !isEnding else { return violations }
        for home in homes where violations.isEmpty {
            quiet.age(home)
            violations = await quiet.shutDown(home)
        }
        return violations + bystanders.violations()
    }

    private func perform(_ round: Round, _ quiet: Quiet) async -> [Violation] {
        timeline.beginRound(round.number)
        tally.add(.rounds)
        let home = homes[round.home], witness = homes[1 - round.home]
        // Whatever the last storm left of it: the next command brings it back, and from then on nothing disturbs it.
        var violations = await quiet.recover(witness)
        guard violations.isEmpty else { return violations }
        let before = await quiet.daemons(of: witness)
        let untouched = [witness] + (round.sparesFiles ? [home] : [])
        let restored = await restorations(untouched)
        let since = timeline.elapsed
        violations = await Storm(round, self).rage()
        guard violations.isEmpty, !isEnding else { return violations }
        let stormed = timeline.elapsed
        violations += await quiet.settle(home)
        violations += await settled(witness, before, quiet)
        violations += law5(untouched, restored, await restorations(untouched))
        let settled = timeline.elapsed
        if violations.isEmpty { violations += await end(round, home, quiet) }
        if violations.isEmpty { violations += await self.settled(witness, before, quiet) }
        tally.add(.quietPoints)
        Console.say(
            "round \(round.number): home \(home.letter), storm \((stormed - since).text), settled in \((settled - stormed).text), "
                + "\(round.ending.rawValue) in \((timeline.elapsed - settled).text)\(violations.isEmpty ? "" : ", VIOLATED")")
        return violations
    }

    private func restorations(_ homes: [ChaosHome]) async -> [Restorations] {
        (try? await onBlockingThread { homes.map { Restorations(in: $0) } }) ?? []
    }

    /// Where nobody touched a file, nothing was gone.
    private func law5(_ homes: [ChaosHome], _ before: [Restorations], _ now: [Restorations]) -> [Violation] {
        tally.add(.lawChecks, homes.count)
        return zip(homes, zip(before, now)).flatMap { home, looks in
            looks.1.since(looks.0).map {
                Violation(.onlyTheOwner, home: home.index, "files were removed that were another's, and made again by it: \($0)")
            }
        }
    }

    private func end(_ round: Round, _ home: ChaosHome, _ quiet: Quiet) async -> [Violation] {
        switch round.ending {
        case .leave: return []
        case .recover:
            let violations = await quiet.recover(home)
            guard violations.isEmpty else { return violations }
            let trials = Trials(run: self, home: home)
            return await trials.drain() + trials.orphan()
        case .down: return await quiet.down(home)
        case .shutdown: return await quiet.shutDown(home)
        case .shutdownAndUp:
            let violations = await quiet.shutDown(home)
            return violations.isEmpty ? await quiet.recover(home) : violations
        }
    }

    /// What concerns nobody in the storm is untouched: the daemons of the other home, the bystanders, the file that links led to.
    private func settled(_ witness: ChaosHome, _ before: Set<SeenProcess.Key>, _ quiet: Quiet) async -> [Violation] {
        var violations = await quiet.settle(witness)
        let now = await quiet.daemons(of: witness)
        if now != before, !isEnding {
            violations.append(
                Violation(
                    .neverTheWrongProcess, home: witness.index,
                    "daemons of the home without a storm changed: \(before.map(\.pid).sorted()) became \(now.map(\.pid).sorted())"))
        }
        if !vandal.isPreciousUntouched {
            violations.append(Violation(.onlyTheOwner, "a file that a link led to was changed: \(root)/precious"))
        }
        tally.add(.lawChecks, 3)
        return violations + bystanders.violations()
    }
}

extension Duration {
    /// In seconds with one decimal.
    var text: String {
        let tenths = Int(self / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
