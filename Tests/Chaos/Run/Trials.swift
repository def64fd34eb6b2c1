import DaemonContract
import DaemonLifecycle
import EventLoop
import Glibc

/// What is tried in the quiet, where it has to succeed at once: storms are too loud for it.
struct Trials: Sendable {
    let run: ChaosRun
    let home: ChaosHome

    /// So long a request of the trials takes, in milliseconds: a stop meets it.
    private static let requestTime = 700

    /// Laws 6 and 7: what a stop has said to be gone is gone in that moment, with all its children.
    ///
    /// - Parameters:
    ///   - words: the command that stops.
    ///   - isMeant: whether a daemon that runs now is among those that it stops.
    func stop(_ words: [String], _ isMeant: @Sendable (SeenProcess) async -> Bool) async -> [Violation] {
        let before = await processes()
        var nonces: Set<String> = []
        for process in before where process.role.isDaemon { if await isMeant(process), let nonce = process.nonce { nonces.insert(nonce) } }
        let violations = await Quiet(run: run).demand(words, home, law: .stopEnds, because: "a stop has to end what it is asked to end")
        guard violations.isEmpty, !run.isEnding else { return violations }
        run.tally.add(.trials)
        run.tally.add(.lawChecks)
        let after = Set(await processes().map(\.key))
        return before.compactMap { process in
            // A shepherd is about to tell whoever listens how its daemon ended.
            guard process.role != .shepherd, let nonce = process.nonce, nonces.contains(nonce), after.contains(process.key) else {
                return nil
            }
            return violation(.stopEnds, process.daemon, "\(words.joined(separator: " ")) said that it is gone, and it lives: \(process)")
        }
    }

    /// Stops a daemon that has children in sessions of their own and without parents.
    func stopSprawling() async -> [Violation] {
        let violations = await begin(.sprawling)
        guard violations.isEmpty, !run.isEnding else { return violations }
        let daemon = "worker/\(LibraryCaller.sprawlingInstance)"
        return await stop(["worker", "stop", LibraryCaller.sprawlingInstance, "--grace", "500ms"]) { $0.daemon == daemon }
    }

    /// Laws 7 and 9: a stop that has the time for it lets a request finish that it meets.
    func drain() async -> [Violation] {
        var violations = await begin(.patient)
        guard violations.isEmpty, !run.isEnding, let caller = run.callers[home.index] else { return violations }
        do {
            let response = try await caller.patient.send(DaemonRequest("POST", "/v1/slow/\(Self.requestTime)"))
            var pieces = response.body.makeAsyncIterator()
            // It has begun.
            var text = ChaosFile.text(try await pieces.next() ?? [])
            let stopping = Task { await stop(["worker", "stop", LibraryCaller.patientInstance, "--grace", "60s"]) { $0.isPatient } }
            while let piece = try await pieces.next() { text += ChaosFile.text(piece) }
            violations += await stopping.value
            if !text.hasSuffix("done\n"), !run.isEnding {
                violations.append(violation(.stopEnds, "worker/\(LibraryCaller.patientInstance)", "a stop cut a request that had begun"))
            }
        } catch {
            guard !run.isEnding else { return violations }
            violations.append(
                violation(.stopEnds, "worker/\(LibraryCaller.patientInstance)", "a stop cut a request that had begun: \(error)"))
        }
        return violations
    }

    /// Law 6: the next command ends what a daemon that was killed has left running.
    func orphan() async -> [Violation] {
        let violations = await begin(.sprawling)
        guard violations.isEmpty, !run.isEnding else { return violations }
        let name = run.callers[home.index]?.daemon(.sprawling)?.description
        guard let process = await processes().first(where: { $0.daemon == name }), let nonce = process.nonce,
            let victim = Victim(process, reader: run.reader)
        else { return run.isEnding ? [] : [violation(.noOrphans, name, "it was started, and is not there")] }
        let isGone = try? await onBlockingThread { victim.signal(SIGKILL) && victim.waitForEnd(milliseconds: 60_000) }
        // Its shepherd has the lock until it has written down how it ended: before that it counts as one that ends.
        guard isGone == true, await isFree(name) else { return [violation(.noOrphans, name, "it cannot be killed: \(process)")] }
        run.timeline.add("trial: SIGKILL hits \(process)", home: home.index)
        let blame = await Quiet(run: run).demand(
            ["up", "--json", "--timeout", "100s"], home, law: .noOrphans,
            because: "nothing that was left behind may block what is asked for now")
        guard blame.isEmpty, !run.isEnding else { return blame }
        run.tally.add(.trials)
        run.tally.add(.lawChecks)
        return await processes().filter { $0.nonce == nonce && $0.role != .shepherd }.map {
            violation(.noOrphans, name, "a daemon that was killed has left it, and a start since did not end it: \($0)")
        }
    }

    /// Waits until nobody holds a daemon's lock.
    private func isFree(_ daemon: String?) async -> Bool {
        for _ in 0..<600 {
            let entries = HomeFiles(home: home).locks().filter { $0.daemon == daemon }
            if entries.allSatisfy({ LockSight($0.path)?.isHeld != true }) { return true }
            await run.rest(.milliseconds(50))
        }
        return false
    }

    private func begin(_ charge: Charge) async -> [Violation] {
        guard !run.isEnding, let caller = run.callers[home.index] else { return [] }
        let outcome = await caller.perform(LibraryStep(pause: 0, call: .ensure, charge: charge))
        run.timeline.add("trial: ensure \(charge.rawValue): \(outcome.text)", home: home.index)
        if case .done = outcome { return [] }
        return run.isEnding ? [] : [violation(.noOrphans, caller.daemon(charge)?.description, "it could not be started: \(outcome.text)")]
    }

    private func processes() async -> [SeenProcess] {
        let all = (try? await onBlockingThread { [reader = run.reader] in reader.processes() }) ?? []
        return all.filter { $0.home == home.index && $0.role != .bystander && $0.role != .keeper }
    }

    private func violation(_ law: Violation.Law, _ daemon: String?, _ text: String) -> Violation {
        Violation(law, home: home.index, daemon: daemon, text)
    }
}

extension SeenProcess {
    fileprivate var isPatient: Bool { daemon == "worker/\(LibraryCaller.patientInstance)" }
}
