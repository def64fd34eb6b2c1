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
    private let ladder: StopLadder
    private let cascade: Bool
    private let keepsEnd: Bool
    private let context: LifecycleContext
    private let clock = SuspendingClock()
    private var machine: StopMachine
    private var files: DaemonFiles?
    private var line: LockLine?
    private var leader: ProcessWatch?
    private var port: UInt16?
    private var members: [Int32: Member] = [:]
    private var rungs: [StopReceipt.Rung] = []
    private var rungStarted: SuspendingClock.Instant?

    /// - Parameter keepsEnd: leaves how the daemon ended for those who waited for its start.
    init(_ id: DaemonID, ladder: StopLadder, cascade: Bool, keepsEnd: Bool = false, context: LifecycleContext) {
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
        var action = machine.handle(.begin(isRunning: isRunning))
        while true {
            switch action {
            case .survey: action = machine.handle(try await survey())
            case .step(let rung):
                rungStarted = clock.now
                action = machine.handle(await step(ladder.rungs[rung]))
            case .wait(let rung): action = machine.handle(await wait(ladder.rungs[rung].patience))
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
                self.line = line
                port = record?.port
                break
            }
            guard attempt < 200 else {
                throw LifecycleError(
                    .identityMismatch, "the lock of \(id) is held by a process that did not say who it is; look with: rbee-keeper doctor",
                    daemon: id.description, path: files.path(files.lock))
            }
            try? await context.loop.sleep(for: .milliseconds(10))
        }
        guard let line else { return false }
        do {
            guard try line.process.liveness() != .elsewhere else {
                throw LifecycleError(
                    .identityMismatch,
                    "\(id) runs as process \(line.pid) of another pid namespace, where it cannot be signalled from here; stop it there",
                    daemon: id.description, pid: line.pid)
            }
            leader = try SignalTarget.open(line, lock: files.lock, in: files.directory)
        } catch let error as SystemError {
            throw LifecycleError(system: error, daemon: id)
        } catch let error as LifecycleError {
            throw error
        } catch {
            throw LifecycleError(.inconsistent, "\(error)", daemon: id.description)
        }
        return true
    }

    private var leaderLives: Bool { leader.map { !$0.hasExited } ?? false }

    private func survey() async throws(LifecycleError) -> StopMachine.Event {
        closeRung()
        guard let line else { return .surveyed(alive: 0, leaderAlive: false) }
        let entries = await ProcessScan.shared.entries()
        let known = Set(members.filter { !$0.value.watch.hasExited }.keys)
        let subtree = Subtree(leader: line.pid, nonce: line.nonce.text)
        for entry in subtree.members(of: entries, leaderLives: leaderLives, known: known, excluded: [getpid()])
        where !known.contains(entry.pid) {
            // The pidfd first, then the check: if the number was given to another process since the scan, its start time tells.
            guard let watch = try? ProcessWatch.open(pid: entry.pid), let now = ProcessStat.of(pid: entry.pid),
                now.startTicks == entry.startTicks
            else { continue }
            members[entry.pid] = Member(watch: watch, name: now.name, startTicks: entry.startTicks)
        }
        let alive = members.values.filter { !$0.watch.hasExited }.count
        return .surveyed(alive: alive, leaderAlive: leaderLives)
    }

    // MARK: Rungs

    private func step(_ rung: StopRung) async -> StopMachine.Event {
        switch rung.step {
        case .request(let answerWithin):
            let request = ShutdownRequest(cascade: cascade, graceMs: Int(rung.patience.milliseconds))
            guard let files else { return .stepRefused("") }
            do {
                try await ControlClient(files, loop: context.loop).shutdown(request, within: answerWithin)
                rungs.append(StopReceipt.Rung(step: "shutdown", result: "accepted", milliseconds: 0))
                return .stepDone
            } catch {
                rungs.append(StopReceipt.Rung(step: "shutdown", result: error.message, milliseconds: 0))
                return .stepRefused(error.message)
            }
        case .terminate:
            return signal([SIGTERM, SIGCONT], name: "SIGTERM")
        case .kill:
            return signal([SIGKILL], name: "SIGKILL")
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

    private func wait(_ patience: Duration) async -> StopMachine.Event {
        let end = clock.now + patience
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
        case .survivors:
            let names = members.filter { !$0.value.watch.hasExited }.map { "\($0.key) (\($0.value.name)\(Self.hint($0.key)))" }.sorted()
            throw LifecycleError(
                .survivors, "\(id) could not be stopped: \(names.joined(separator: ", ")) survived every signal", daemon: id.description,
                pid: line?.pid)
        case .notRunning, .gone:
            break
        }
        let isSwept = try await sweep()
        guard result == .notRunning || isSwept else {
            throw LifecycleError(
                .survivors, "every process of \(id) is gone, but its lock is held by another one; look with: rbee-keeper doctor",
                daemon: id.description, path: files?.path(files?.lock ?? ""))
        }
        try context.handles.removeAll(of: id, ifNonce: line?.nonce.text)
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
        guard let files else { return true }
        for _ in 0..<200 {
            if try files.sweep(keepsEnd: keepsEnd) { return true }
            if case .held(let now?, _, _) = try files.look(), now.nonce != line?.nonce { return true }
            try? await context.loop.sleep(for: .milliseconds(5))
        }
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
