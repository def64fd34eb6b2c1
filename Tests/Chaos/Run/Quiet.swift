import DaemonContract
import EventLoop
import Glibc

/// The quiet after a storm: waits until a home has settled, checks the laws, and asks of it what the round's ending says.
struct Quiet: Sendable {
    let run: ChaosRun

    /// So long a home may take to settle: whoever was displaced drains, whoever was killed is started again after a pause, on a machine that is busy.
    private static let patience: Duration = .seconds(120)

    /// Where a hive runs it ends what nobody else is left to end; elsewhere the next command does, which may be long in coming.
    private static let beforeSomebodyComes: Duration = .seconds(20)

    /// A command that changes nothing but what is in disorder.
    private func comeBy(_ home: ChaosHome) async {
        run.timeline.add("somebody comes by", home: home.index)
        _ = try? await KeeperRun(["worker", "stop", "nobody-1"], home: home).finish()
    }

    /// Waits until nothing breaks a law.
    ///
    /// - Returns: what still did when the patience was over.
    func settle(_ home: ChaosHome, isTidied: Bool = false) async -> [Violation] {
        let begun = run.timeline.elapsed
        let end = begun + Self.patience
        var mayCome = true
        while true {
            let snapshot = await look(at: home)
            let judge = LawJudge(snapshot: snapshot, isTidied: isTidied)
            let violations = judge.violations()
            if mayCome, run.timeline.elapsed > begun + Self.beforeSomebodyComes,
                !snapshot.daemons.contains(where: { $0.daemon?.hasPrefix("hive/") == true })
            {
                mayCome = false
                await comeBy(home)
            }
            if violations.isEmpty || run.isEnding {
                run.tally.add(.lawChecks, judge.checks.count)
                return []
            }
            // A crash is none that goes away.
            if run.timeline.elapsed > end || violations.contains(where: { $0.text.contains("crashed") }) { return violations }
            await run.rest(.milliseconds(300))
        }
    }

    /// The home, seen the same before and after `list` looked at it.
    private func look(at home: ChaosHome) async -> Snapshot {
        let before = await take(home)
        let listed = await rows(home)
        var snapshot = await take(home)
        snapshot.listed = listed
        // Somebody came or went: what list says is of another moment. The next look is compared again.
        if Set(before.daemons.map(\.key)) != Set(snapshot.daemons.map(\.key)) { snapshot.listed = nil }
        return snapshot
    }

    private func take(_ home: ChaosHome) async -> Snapshot {
        let snapshot = try? await onBlockingThread { [reader = run.reader] in Snapshot.take(of: home, reader: reader) }
        return snapshot ?? Snapshot(home: home.index)
    }

    private func rows(_ home: ChaosHome) async -> [DaemonStatusRow]? {
        guard let outcome = try? await KeeperRun(["list", "--json"], home: home).finish(), outcome.end == .exit(0) else { return nil }
        return try? ContractJSON.decode(DaemonStatusList.self, text: outcome.output).daemons
    }

    // MARK: What is asked

    /// A command that must succeed, since nobody disturbs.
    func demand(_ words: [String], _ home: ChaosHome, law: Violation.Law, because: String) async -> [Violation] {
        guard !run.isEnding else { return [] }
        do {
            run.timeline.add("demanded: \(words.joined(separator: " "))", home: home.index)
            let outcome = try await KeeperRun(words, home: home).finish()
            guard !run.isEnding else { return [] }
            run.tally.add(.keepers)
            run.timeline.add("demanded: \(words.joined(separator: " ")): \(outcome.end)", home: home.index)
            if outcome.end == .exit(0) { return [] }
            return [
                Violation(
                    law, home: home.index,
                    "\(because): rbee-keeper \(words.joined(separator: " ")): \(outcome.end)\n\(outcome.errors.suffix(2000))")
            ]
        } catch {
            return [Violation(law, home: home.index, "the harness could not run rbee-keeper: \(error)")]
        }
    }

    /// Law 6: whatever was killed and damaged, the next command brings it back.
    func recover(_ home: ChaosHome) async -> [Violation] {
        let why = "nothing that was left behind may block what is asked for now"
        var violations = await demand(["up", "--model", "builtin", "--json", "--timeout", "100s"], home, law: .noOrphans, because: why)
        for model in ["builtin", CommandPlanner.engineModel] where violations.isEmpty {
            violations += await demand(
                CommandPlanner.infer(model, timeout: "100s"), home, law: .noOrphans, because: why)
        }
        if violations.isEmpty { violations = await recoverProjects(home) }
        if violations.isEmpty { violations = await settle(home, isTidied: true) }
        return violations
    }

    /// What a project was known for may have been moved away with what was broken of it: then it is scanned again.
    private func recoverProjects(_ home: ChaosHome) async -> [Violation] {
        var violations: [Violation] = []
        for project in CommandPlanner.projects.map({ "@\($0)" }) where violations.isEmpty {
            // One that is known already cannot be made known: whether that is so, the next one tells.
            _ = try? await KeeperRun(["context", "init", project, "--timeout", "100s"], home: home).finish()
            violations = await demand(
                ["context", "get", project, "--json", "--timeout", "100s"], home, law: .noOrphans,
                because: "the context daemon has to answer for projects again")
        }
        return violations
    }

    func down(_ home: ChaosHome) async -> [Violation] {
        let owned = Set(await rows(home)?.filter { $0.state.isRunning && $0.owned }.compactMap(\.pid) ?? [])
        let violations = await Trials(run: run, home: home).stop(["down", "--grace", "2s"]) { owned.contains($0.pid) }
        guard violations.isEmpty else { return violations }
        return await settle(home) { $0.keepersOwn() }
    }

    /// Laws 6 and 7: everything goes, and leaves nothing.
    func shutDown(_ home: ChaosHome) async -> [Violation] {
        let trials = Trials(run: run, home: home)
        var violations = await trials.stopSprawling()
        if violations.isEmpty { violations = await trials.stop(["shutdown-all", "--grace", "1s"]) { _ in true } }
        guard violations.isEmpty else { return violations }
        return await leftNothing(home)
    }

    func leftNothing(_ home: ChaosHome) async -> [Violation] {
        await settle(home) { $0.leftovers(now: UInt64(max(0, time(nil)))) }
    }

    private func settle(_ home: ChaosHome, _ judged: @Sendable (LawJudge) -> [Violation]) async -> [Violation] {
        // Shepherds write down how their daemons ended, and a port's queue empties: moments, not more.
        let end = run.timeline.elapsed + .seconds(30)
        while true {
            let violations = judged(LawJudge(snapshot: await look(at: home)))
            if violations.isEmpty || run.isEnding {
                run.tally.add(.lawChecks)
                return []
            }
            if run.timeline.elapsed > end { return violations }
            await run.rest(.milliseconds(200))
        }
    }

    /// The daemons of a home that do not go by themselves, to see whether they are the same later.
    func daemons(of home: ChaosHome) async -> Set<SeenProcess.Key> {
        Set(await take(home).daemons.filter { $0.daemon != "worker/\(LibraryCaller.briefInstance)" }.map(\.key))
    }

    /// Makes starters that died a minute older, so that nobody has to wait for it: a start that is under way is never so old.
    func age(_ home: ChaosHome) {
        for entry in HomeFiles(home: home).handles() {
            guard var file = ChaosFile.read(entry.path).flatMap({ try? ContractJSON.decode(HandleFile.self, from: $0) }), file.intent,
                file.createdAt > 120
            else { continue }
            file.createdAt -= 120
            if let bytes = try? ContractJSON.encodePretty(file) { ChaosFile.replace(entry.path, bytes) }
        }
    }
}
