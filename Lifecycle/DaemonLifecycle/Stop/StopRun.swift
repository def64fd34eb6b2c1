internal import DaemonContract
internal import EventLoop
internal import Glibc
internal import Platform

/// Carries out one stop: performs what ``StopMachine`` decides, on processes whose identity was checked, each held by a pidfd.
final class StopRun {
    /// A process of the daemon's subtree: the pidfd was opened first, and what it stands for was checked after.
    private struct Member {
        let watch: ProcessWatch
        let name: String
        let startTicks: UInt64
        var signalled = false
    }

    private let id: DaemonID
    private let only: String?
    private var ladder: StopLadder
    private let cascade: Bool
    private let keepsEnd: Bool
    private let context: LifecycleContext
    private let clock = SuspendingClock()
    private var machine: StopMachine
    private var files: DaemonFiles?
    private var line: LockLine?
    private var leader: ProcessWatch?
    /// It lives in another pid namespace, where no number of here means it: it is asked over its socket, and seen by its lock alone.
    private var isElsewhere = false
    private var port: UInt16?
    private var members: [Int32: Member] = [:]
    private var rungs: [StopReceipt.Rung] = []
    private var rungStarted: SuspendingClock.Instant?
    private var patience: (rung: Int, end: SuspendingClock.Instant)?

    /// - Parameters:
    ///   - only: the nonce of the one run of the daemon that is meant; nil: whichever runs.
    ///   - keepsEnd: leaves how the daemon ended for those who waited for its start.
    init(
        _ id: DaemonID, only: String? = nil, ladder: StopLadder, cascade: Bool, keepsEnd: Bool = false, context: LifecycleContext
    ) {
        self.only = only
        self.keepsEnd = keepsEnd
        self.id = id
        self.ladder = ladder
        self.cascade = cascade
        self.context = context
        machine = StopMachine(ladder: ladder)
    }

    func run() async throws(LifecycleError) -> StopReceipt {
        let started = clock.now
        files = try DaemonFiles.open(id, home: context.home, create: false)
        let isRunning = try await identify()
        if !isRunning { await endLeftovers() }
        var action = machine.handle(.begin(isRunning: isRunning))
        while true {
            switch action {
            case .survey: action = machine.handle(try await survey())
            case .step(let rung):
                rungStarted = clock.now
                action = machine.handle(try await step(ladder.rungs[rung]))
            case .wait(let rung): action = machine.handle(await wait(until: patienceEnd(of: rung)))
            case .finish(let result):
                closeRung()
                return try await finish(result, started: started)
            }
        }
    }

    // MARK: Who it is

    /// Finds the holder and opens its pidfd, before anything is believed about it.
    private func identify() async throws(LifecycleError) -> Bool {
        guard let files else { return false }
        // A lock without a line is one that was taken a moment ago; one that was written over is mended within a second.
        for attempt in 0... {
            guard case .held(let line, let record, _) = try files.look() else { return false }
            if let line {
                if let only, line.nonce.text != only { return false }
                self.line = line
                port = record?.port
                break
            }
            guard attempt < 200 else {
                throw LifecycleError(unnamedHolderOf: files, code: .identityMismatch, holders: await files.holders())
            }
            try? await context.loop.sleep(for: .milliseconds(10))
        }
        guard let line else { return false }
        do {
            isElsewhere = try line.process.liveness() == .elsewhere
            if isElsewhere {
                ladder = ladder.requests
                machine = StopMachine(ladder: ladder)
                guard !ladder.rungs.isEmpty else { throw elsewhere(line, "") }
            } else {
                leader = try SignalTarget.open(line, lock: files.lock, in: files.directory)
                try checkLine(line, files)
            }
        } catch let error as SystemError {
            throw LifecycleError(system: error, daemon: id)
        } catch let error as LifecycleError {
            throw error
        } catch {
            throw LifecycleError(.inconsistent, "\(error)", daemon: id.description)
        }
        return true
    }

    /// A line that was copied from another lock names another daemon, which carries the nonce that stands there.
    private func checkLine(_ line: LockLine, _ files: DaemonFiles) throws(LifecycleError) {
        if leader != nil, SignalTarget.holdsLock(line.process, files.lock, in: files.directory) { return }
        guard DaemonDirectory(home: context.home, loop: context.loop).livingNonces(except: id).contains(line.nonce.text) else { return }
        throw LifecycleError(
            .identityMismatch,
            "the line in the lock of \(id) is that of another daemon, which holds its own lock; look with: rbee-keeper doctor",
            daemon: id.description, path: files.path(files.lock))
    }

    /// It does not run; but what it started may, where it was killed together with whoever would have ended that.
    private func endLeftovers() async {
        guard let files else { return }
        await Leftovers(home: context.home, loop: context.loop)
            .end(of: Set([files.nonceOfTheDead, files.lastNonceOfTheLock].compactMap { $0 }))
    }

    private func elsewhere(_ line: LockLine, _ asked: String) -> LifecycleError {
        LifecycleError(
            .identityMismatch,
            "\(id) runs as process \(line.pid) of another pid namespace, where it cannot be signalled from here\(asked); stop it there",
            daemon: id.description, pid: line.pid)
    }

    private var leaderLives: Bool { leader.map { !$0.hasExited } ?? false }

    /// Whether the daemon still has its lock.
    private var holdsLock: Bool {
        guard case .held(let now, _, _)? = try? files?.look() else { return false }
        return now == nil || now?.nonce == line?.nonce
    }

    private func survey() async throws(LifecycleError) -> StopMachine.Event {
        closeRung()
        guard let line else { return .surveyed(alive: 0, leaderAlive: false) }
        if isElsewhere { return .surveyed(alive: holdsLock ? 1 : 0, leaderAlive: true) }
        var escaped = 0
        // Who was seen and is gone when it is come to has ended, or has forked and goes on as another: the next look tells.
        for _ in 0..<3 {
            escaped = await collect(line)
            if escaped == 0 { break }
        }
        let alive = members.values.filter { !$0.watch.hasExited }.count
        return .surveyed(alive: alive + escaped, leaderAlive: leaderLives)
    }

    /// Adds the processes of the subtree that are new.
    ///
    /// - Returns: how many were seen that are gone by now.
    private func collect(_ line: LockLine) async -> Int {
        let entries = await ProcessScan.shared.entries()
        let before = Set(members.keys)
        let known = Set(members.filter { !$0.value.watch.hasExited }.keys)
        let subtree = Subtree(leader: line.pid, nonce: line.nonce.text)
        // The shepherd is none of them: it sees the daemon's end, tells whoever waits for that, and goes.
        let excluded = Set(entries.filter(\.isShepherd).map(\.pid)).union([getpid()])
        var escaped = 0
        for entry in subtree.members(of: entries, leaderLives: leaderLives, known: known, excluded: excluded)
        where !known.contains(entry.pid) {
            // The pidfd first, then the check: if the number was given to another process since the scan, its start time tells.
            guard let watch = try? ProcessWatch.open(pid: entry.pid), let now = ProcessStat.of(pid: entry.pid),
                now.startTicks == entry.startTicks
            else {
                escaped += 1
                continue
            }
            members[entry.pid] = Member(watch: watch, name: now.name, startTicks: entry.startTicks)
        }
        return escaped + members.count { !known.contains($0.key) && !before.contains($0.key) && $0.value.watch.hasExited }
    }

    // MARK: Rungs

    private func step(_ rung: StopRung) async throws(LifecycleError) -> StopMachine.Event {
        switch rung.step {
        case .request(let answerWithin):
            guard let files, let line else { return .stepRefused("") }
            let request = ShutdownRequest(cascade: cascade, graceMs: Int(rung.patience.milliseconds), nonce: line.nonce.text)
            do {
                try await ControlClient(files, loop: context.loop).shutdown(request, ifNonce: line.nonce.text, within: answerWithin)
                rungs.append(StopReceipt.Rung(step: "shutdown", result: "accepted", milliseconds: 0))
                return .stepDone
            } catch {
                // The nonce in its environment proves who it is, whoever else answers. A lock in its hands does so only unless it is denied.
                let isProven = line.process.environmentContains(DaemonEnvironment.nonce, line.nonce.text) == true
                if error.code == .identityMismatch, !isProven, !isElsewhere {
                    throw LifecycleError(
                        .identityMismatch, "\(error.message), while process \(line.pid) holds its lock; look with: rbee-keeper doctor",
                        daemon: id.description, pid: line.pid)
                }
                rungs.append(StopReceipt.Rung(step: "shutdown", result: error.message, milliseconds: 0))
                return .stepRefused(error.message)
            }
        case .terminate:
            return signal([SIGTERM, SIGCONT], name: "SIGTERM")
        case .kill:
            let event = signal([SIGKILL], name: "SIGKILL")
            await killCarriers()
            return event
        }
    }

    private func signal(_ signals: [Int32], name: String) -> StopMachine.Event {
        var sent = 0
        var problem: String?
        for (pid, member) in members where !member.watch.hasExited {
            do {
                for signal in signals { try member.watch.signal(signal) }
                members[pid]?.signalled = true
                sent += 1
            } catch {
                problem = error.message
            }
        }
        rungs.append(StopReceipt.Rung(step: name, result: problem ?? "sent to \(sent)", milliseconds: 0))
        return .stepDone
    }

    /// Those that are quicker than the survey.
    private func killCarriers() async {
        guard let nonce = line?.nonce.text, let hit = try? await onBlockingThread({ ProcessScan.kill(nonce: nonce, sparing: [getpid()]) })
        else { return }
        for (entry, watch) in hit where members[entry.pid] == nil {
            members[entry.pid] = Member(watch: watch, name: entry.name, startTicks: entry.startTicks, signalled: true)
        }
    }

    /// When the patience of a rung is over, which it has once, however often the rung is repeated.
    private func patienceEnd(of rung: Int) -> SuspendingClock.Instant {
        if let patience, patience.rung == rung { return patience.end }
        let end = clock.now + ladder.rungs[rung].patience
        patience = (rung, end)
        return end
    }

    private func wait(until end: SuspendingClock.Instant) async -> StopMachine.Event {
        // The end of a process that cannot be seen is no event here.
        while isElsewhere, holdsLock {
            guard clock.now < end else { return .patienceOver }
            try? await context.loop.sleep(for: .milliseconds(5))
        }
        for member in members.values where !member.watch.hasExited {
            let left = end - clock.now
            guard left > .zero, await context.loop.isReadable(member.watch.descriptor, within: left) else { return .patienceOver }
        }
        return .gone
    }

    private func closeRung() {
        guard let rungStarted, let last = rungs.popLast() else { return }
        rungs.append(StopReceipt.Rung(step: last.step, result: last.result, milliseconds: (clock.now - rungStarted).milliseconds))
        self.rungStarted = nil
    }

    // MARK: The end

    private func finish(_ result: StopMachine.Result, started: SuspendingClock.Instant) async throws(LifecycleError) -> StopReceipt {
        switch result {
        case .survivors where isElsewhere:
            guard let line else { break }
            throw elsewhere(line, ", and did not end when it was asked over its socket (\(rungs.last?.result ?? ""))")
        case .survivors:
            let names = members.filter { !$0.value.watch.hasExited }.map { "\($0.key) (\($0.value.name)\(Self.hint($0.key)))" }.sorted()
            let who = names.isEmpty ? "something that forks faster than it can be ended" : names.joined(separator: ", ")
            throw LifecycleError(
                .survivors, "\(id) could not be stopped: \(who) survived every signal", daemon: id.description, pid: line?.pid)
        case .notRunning, .gone:
            break
        }
        var isSwept = try await sweep()
        if !isSwept, result == .gone, let line {
            // A shepherd that does not go by itself holds the lock.
            await Remains.end(nonce: line.nonce.text, sparing: [getpid()], on: context.loop)
            isSwept = try await sweep()
        }
        guard result == .notRunning || isSwept else {
            let (who, next) = await files?.holders() ?? ("another one", nil)
            throw LifecycleError(
                .survivors,
                "every process of \(id) is gone, but its lock is held by \(who), which is not known to be one of them; "
                    + (next.map { "if it is not needed, end it with: \($0)" } ?? "look with: rbee-keeper doctor"),
                daemon: id.description, path: files?.path(files?.lock ?? ""))
        }
        let socketLeft = files.flatMap { try? $0.directory.stat($0.socket) }
        return StopReceipt(
            daemon: id.description, wasRunning: result == .gone, rungs: rungs,
            processes: members.sorted { $0.key < $1.key }.map { .init(pid: $0.key, name: $0.value.name, signalled: $0.value.signalled) },
            socketRemoved: socketLeft == nil, portFree: port.map { (try? PortHolder.of(port: $0)) ?? nil == nil },
            milliseconds: (clock.now - started).milliseconds)
    }

    /// Removes what is left, which also shows that the lock is free. The shepherd may hold it a moment longer, to record the end; and
    /// another starter may have taken it by now, which is free enough.
    private func sweep() async throws(LifecycleError) -> Bool {
        let nonce = only ?? line?.nonce.text
        // Where none ran, what is recorded is history only as long as nobody starts one.
        let forget = { [context, id] () throws(LifecycleError) in try context.handles.removeAll(of: id, ifNonce: nonce) }
        guard let files else {
            try forget()
            return true
        }
        for _ in 0..<200 {
            let isSwept = try files.sweep(keepsEnd: keepsEnd, of: only) { () throws(LifecycleError) in
                try forget()
                // While nobody can be it, what the owners of earlier runs recorded is history too.
                try context.handles.removeAll(of: id, ifNonce: nil)
            }
            if isSwept { return true }
            if case .held(let now?, _, _) = try files.look(), now.nonce != line?.nonce {
                if nonce != nil { try forget() }
                return true
            }
            try? await context.loop.sleep(for: .milliseconds(5))
        }
        if nonce != nil { try forget() }
        return false
    }

    /// Uninterruptible sleep is why even SIGKILL has not ended a process yet.
    private static func hint(_ pid: Int32) -> String {
        ProcessStat.of(pid: pid)?.state == UInt8(ascii: "D")
            ? ", in uninterruptible sleep: it waits for a device and ends when that answers" : ""
    }
}

extension Duration {
    /// As a number of milliseconds.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1000 + Double(attoseconds) / 1e15
    }
}
