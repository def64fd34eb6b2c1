internal import DaemonContract
internal import EventLoop
internal import Glibc
internal import Platform

/// Carries out one `ensure`: performs what ``EnsureMachine`` decides and tells it what came of it.
///
/// Runs to its end even if its caller is cancelled: a daemon that was launched is either ready and recorded, or stopped and reported.
final class EnsureRun {
    /// A daemon that has answered.
    struct Running: Sendable {
        let handle: DaemonHandle
        let info: DaemonInfo
        /// The shepherd of a daemon that was started here: it records how the daemon ends while this is kept.
        let child: Child?
    }

    private let context: LifecycleContext
    private let specification: DaemonSpecification
    private let program: String
    private let wish: EnsureWish
    private var machine: EnsureMachine
    private let timeout: Duration
    private var deadline: SuspendingClock.Instant
    private let clock = SuspendingClock()
    private var files: DaemonFiles?
    private var child: Child?
    /// The process that was launched.
    private var process: (pid: Int32, ticks: UInt64)?
    /// Its shepherd is gone, and will not say how it ends.
    private var isUnseen = false
    private var holderWait: HolderWait?
    /// Ours to launch, until the end of this run.
    private var turn: LaunchTurn?
    private var lastInfo: DaemonInfo?
    /// What was seen at the last look, and what had been written just before it.
    private var seen: (look: DaemonFiles.Look, mark: FilesMark)?
    /// When a holder that is starting, by its record, was last asked all the same.
    private var askedWhileStarting: SuspendingClock.Instant?
    private var turnsAwaited: Duration = .zero
    /// Since when a holder is known to be gone while its lock is held.
    private var dead: (nonce: String, since: SuspendingClock.Instant)?

    /// - Parameter program: the absolute path of the daemon's program; empty when nothing may be launched.
    init(_ specification: DaemonSpecification, program: String, wish: EnsureWish, timeout: Duration, context: LifecycleContext) {
        self.specification = specification
        self.program = program
        self.wish = wish
        self.context = context
        machine = EnsureMachine(wish: wish)
        self.timeout = timeout
        deadline = clock.now + timeout
    }

    func run() async throws(LifecycleError) -> Running {
        defer { turn?.giveBack() }
        var action = machine.handle(.begin)
        while true {
            if case .finish(let outcome) = action { return try await finish(outcome) }
            let event = try await perform(action)
            action = machine.handle(event)
        }
    }

    private func perform(_ action: EnsureMachine.Action) async throws(LifecycleError) -> EnsureMachine.Event {
        switch action {
        case .look: try look()
        case .ask(let holder): await ask(holder)
        case .wait(let holder, let delay): await wait(for: holder, upTo: delay)
        case .launch: try await launch()
        case .awaitChild(let pid, let delay): await awaitChild(pid, upTo: delay)
        case .confirm: await confirm()
        case .stopHolder(let holder): await stop(.graceful(grace: specification.grace), only: holder.nonce)
        case .stopChild: await stopChild()
        case .finish: .deadlineReached  // Never performed: `run` ends there.
        }
    }

    private var remaining: Duration { max(.zero, deadline - clock.now) }

    /// The daemon's files where they stand now: their folder may have been removed and made again since they were opened.
    private func placed(create: Bool) throws(LifecycleError) -> DaemonFiles? {
        if let files, isPlaced(files) { return files }
        holderWait = nil
        files = try DaemonFiles.open(specification.id, home: context.home, create: create)
        return files
    }

    private func isPlaced(_ files: DaemonFiles) -> Bool { (try? files.directory.isInPlace()) == true }

    private func look() throws(LifecycleError) -> EnsureMachine.Event {
        guard let files = try placed(create: wish.mayLaunch) else { return .foundFree(failedStart: nil) }
        // The mark first: what is written from now on makes another one.
        let mark = FilesMark(files)
        let look = try files.look()
        seen = (look, mark)
        switch look {
        case .free: return .foundFree(failedStart: look.unreadyEnd)
        case .held(let line, _, _):
            return .foundHeld(line.map { Holder(nonce: $0.nonce.text, pid: $0.pid) }, failedStart: look.unreadyEnd)
        }
    }

    private func ask(_ holder: Holder) async -> EnsureMachine.Event {
        guard let files else { return .silent(.unwritten) }
        if remaining == .zero { return .deadlineReached }
        if let silence = knownSilence(holder) { return .silent(silence) }
        if let answer = await inquire(files) { return .answered(answer) }
        guard case .held(let line?, let record?, _) = try? files.look(), record.nonce == holder.nonce else { return .silent(.unwritten) }
        // The dead are not busy: what they leave is about to go.
        if (try? line.process.liveness()) == .dead { return .silent(.draining) }
        switch record.state {
        case .draining: return .silent(.draining)
        case .starting: return .silent(.starting)
        default: return .silent(.ready)
        }
    }

    /// What a holder would say that has nothing to be asked at yet, or whose record says that it is starting, which is seen to change. The latter
    /// is asked now and then all the same, in case that it could not write.
    private func knownSilence(_ holder: Holder) -> Silence? {
        guard let seen, case .held(_, let record, _) = seen.look else { return nil }
        guard let record, record.nonce == holder.nonce else { return seen.mark.hasSocket ? nil : .unwritten }
        guard record.state == .starting else { return nil }
        let since = askedWhileStarting ?? clock.now
        let isFresh = clock.now - since < Self.recordTrust
        askedWhileStarting = isFresh ? since : clock.now
        return isFresh ? .starting : nil
    }

    /// How long a record that says "starting" is believed.
    private static let recordTrust: Duration = .seconds(1)

    private func wait(for holder: Holder?, upTo delay: Duration) async -> EnsureMachine.Event {
        if remaining == .zero { return .deadlineReached }
        let limit = min(delay, remaining)
        if let holder, let files, let seen, case .held(let line?, _, _) = seen.look, line.nonce.text == holder.nonce {
            var wait = holderWait ?? HolderWait(files, loop: context.loop)
            let outcome = await wait.outcome(of: line, since: seen.mark, within: limit)
            holderWait = wait
            if let outcome { return outcome == .ended ? .holderEnded : .pollDue }
        }
        // Nobody whose end would be seen. One that is gone, or was starting, is most likely being written down as ended: the lock is looked at again
        // soon.
        var isBrief = false
        if case .held(let line, let record, _) = seen?.look {
            isBrief = record?.state.isServing != true || (try? line?.process.liveness()) == .dead
        }
        try? await context.loop.sleep(for: isBrief ? min(limit, Self.blindDelay) : limit)
        if let holder { await endRemains(of: holder) }
        return .pollDue
    }

    /// A holder that is gone while its lock is held has left something behind that holds it, such as a program that it started and that
    /// kept the descriptor. Its shepherd holds it too, but only until it has written down how the daemon ended.
    private func endRemains(of holder: Holder) async {
        guard let files, case .held(let line?, _, _) = try? files.look(), line.nonce.text == holder.nonce,
            (try? line.process.liveness()) == .dead
        else { return }
        if dead?.nonce != holder.nonce { dead = (holder.nonce, clock.now) }
        guard let dead, clock.now - dead.since >= Self.longestRecording,
            !DaemonDirectory(home: context.home, loop: context.loop).livingNonces(except: specification.id).contains(holder.nonce)
        else { return }
        await Remains.end(nonce: holder.nonce, sparing: [getpid()], on: context.loop)
    }

    /// How soon a lock is looked at again whose holder cannot be watched.
    private static let blindDelay: Duration = .milliseconds(20)

    /// Longer than any shepherd takes to write down an end.
    private static let longestRecording: Duration = .milliseconds(500)

    private func launch() async throws(LifecycleError) -> EnsureMachine.Event {
        // Whoever loses every race to somebody who is gone at the next look would otherwise launch for ever.
        if remaining == .zero { return .deadlineReached }
        guard let files = try placed(create: true) else { return .launchFailed(stage: "directory", errno: 0) }
        guard await takeTurn(files) else { return .launchLost }
        // Whoever had the turn before may have succeeded since the last look.
        if (try? FileLock.probe(in: files.directory, name: files.lock)) == .held { return .launchLost }
        if let nonce = files.nonceOfTheDead { await Leftovers(home: context.home, loop: context.loop).end(of: [nonce]) }
        let nonce = Nonce()
        try context.handles.writeIntent(specification.id, owner: context.owner, nonce: nonce, now: HandleStore.now())
        do throws(LifecycleError) {
            let child = try await Child.launch(
                launchSpecification(files, nonce: nonce), nonce: nonce, by: context.launcher, on: context.loop)
            self.child = child
            switch await child.firstReport(within: max(remaining, .seconds(5))) {
            case .started(let pid, let ticks):
                process = (pid, ticks)
                // A child has its time from its launch on, however long others were waited for: who ends it early ends it for all who wait.
                deadline = max(deadline, clock.now + timeout)
                return .launched(pid: pid)
            case .lost: return abandonLaunch(.launchLost)
            case .failed("shepherd", let errno): return await endLaunch(.launchFailed(stage: "shepherd", errno: errno))
            // Its folder was removed under its hands, and nothing was started: the next look makes another one.
            case .failed(_, ENOENT) where !isPlaced(files): return abandonLaunch(.launchLost)
            case .failed(let stage, let errno): return abandonLaunch(.launchFailed(stage: stage, errno: errno))
            case .closed: return await endLaunch(.launchFailed(stage: "launcher", errno: 0))
            case .ended, nil: return await endLaunch(.launchFailed(stage: "report", errno: 0))
            }
        } catch {
            try? context.handles.remove(specification.id, owner: context.owner, ifNonce: nonce.text)
            // A launcher that does not do what it is there for may have begun something else.
            if error.code == .launchFailed { await Remains.end(nonce: nonce.text, sparing: [getpid()], on: context.loop) }
            throw error
        }
    }

    /// Takes the turn to launch the daemon, or waits for whoever has it.
    ///
    /// - Returns: whether to launch now; otherwise it is to be looked at again.
    private func takeTurn(_ files: DaemonFiles) async -> Bool {
        guard turn == nil else { return true }
        switch LaunchTurn.claim(specification.id.description, in: files.directory) {
        case .mine(let mine):
            turn = mine
        case .anothers(let starter) where turnsAwaited < Self.turnPatience:
            let begun = clock.now
            // Without a starter to wait for, it is just being given to or back by one.
            let patience = starter == nil ? Self.blindDelay : Self.turnPatience - turnsAwaited
            let limit = min(patience, max(remaining, Self.blindDelay))
            let mark = seen?.mark ?? FilesMark(files)
            await HolderWait(files, loop: context.loop).started(by: starter, since: mark, within: limit)
            turnsAwaited += clock.now - begun
            return false
        case .anothers, .unknown:
            break
        }
        return true
    }

    /// How long the launches of others are waited for in all: one that was stopped by a signal keeps its turn for as long as it likes.
    private static let turnPatience: Duration = .seconds(2)

    /// A launch of which nobody knows how far it has come: whatever it has started, or is about to start, is ended.
    private func endLaunch(_ event: EnsureMachine.Event) async -> EnsureMachine.Event {
        if let nonce = child?.nonce { await Remains.end(nonce: nonce.text, sparing: [getpid()], on: context.loop) }
        return abandonLaunch(event)
    }

    private func abandonLaunch(_ event: EnsureMachine.Event) -> EnsureMachine.Event {
        if let child { try? context.handles.remove(specification.id, owner: context.owner, ifNonce: child.nonce.text) }
        child?.letGo()
        child = nil
        return event
    }

    private func launchSpecification(_ files: DaemonFiles, nonce: Nonce) -> LaunchSpecification {
        var environment = context.inheritedEnvironment
        environment.merge(specification.environment) { $1 }
        environment.merge(context.homeEnvironment) { $1 }
        environment[DaemonEnvironment.nonce] = nonce.text
        environment[DaemonEnvironment.owner] = context.owner
        return LaunchSpecification(
            id: "daemon", executable: program,
            arguments: [specification.id.kind.binaryName, "--instance", specification.id.instance] + specification.arguments,
            environment: environment, lock: files.path(files.lock), signature: seen?.look.signature?.field, nonce: nonce.text,
            output: files.path(files.output),
            lastEnd: files.path(files.lastEnd))
    }

    private func awaitChild(_ pid: Int32, upTo delay: Duration) async -> EnsureMachine.Event {
        let pollAt = clock.now + delay
        while let child {
            if remaining == .zero { return .deadlineReached }
            if isUnseen, !isAlive { return childEnded(child, .unseen) }
            let limit = isUnseen ? Self.blindDelay : .seconds(86_400)
            switch await child.next(pid: pid, within: min(remaining, limit, max(.zero, pollAt - clock.now))) {
            case .ready: return .saidReady
            case .unseen: isUnseen = true
            case .extendTimeout(let more): deadline = max(deadline, clock.now + more)
            case .ended(let end): return childEnded(child, end)
            case nil where isUnseen && clock.now < pollAt: continue
            case nil: return remaining == .zero ? .deadlineReached : .pollDue
            }
        }
        return .deadlineReached
    }

    /// Whether the process that was launched is still there.
    private var isAlive: Bool {
        guard let process, let now = ProcessStat.of(pid: process.pid) else { return false }
        return !now.isDead && now.startTicks == process.ticks
    }

    private func childEnded(_ child: Child, _ end: ProcessEnd) -> EnsureMachine.Event {
        let recorded = (try? files?.look())?.lastEnd.flatMap { $0.nonce == child.nonce.text ? $0.output : nil }
        return .childEnded(FailedStart(nonce: child.nonce.text, end: end, output: recorded ?? files?.lastOutput() ?? ""))
    }

    private func confirm() async -> EnsureMachine.Event {
        guard let files = (try? placed(create: false)) ?? nil, let answer = await inquire(files) else {
            return remaining == .zero ? .deadlineReached : .silent(.starting)
        }
        return .answered(answer)
    }

    private func inquire(_ files: DaemonFiles) async -> Answer? {
        guard
            let (info, health) = try? await ControlClient(files, loop: context.loop).inquire(
                within: min(.seconds(1), max(remaining, .milliseconds(50))))
        else { return nil }
        lastInfo = info
        let phase: Answer.Phase = health.isOperational ? .ready : info.state == .draining ? .draining : .starting
        return Answer(
            nonce: info.nonce, pid: info.pid, phase: phase, version: info.version, buildID: info.buildID,
            isOurLaunch: info.nonce == child?.nonce.text,
            isNamed: info.kind == specification.id.kind && info.instance == specification.id.instance)
    }

    /// - Parameter nonce: which run of the daemon is meant. Another one, that somebody has started meanwhile, is not stopped.
    private func stop(_ ladder: StopLadder, only nonce: String?, keepsEnd: Bool = false) async -> EnsureMachine.Event {
        do {
            _ = try await StopRun(specification.id, only: nonce, ladder: ladder, cascade: false, keepsEnd: keepsEnd, context: context).run()
            return .stopped
        } catch {
            return .stopFailed(error.message)
        }
    }

    private func stopChild() async -> EnsureMachine.Event {
        guard let nonce = child?.nonce.text else { return .stopped }
        let event = await stop(.signals(), only: nonce, keepsEnd: true)
        return await endLaunch(event)
    }

    private func finish(_ outcome: EnsureOutcome) async throws(LifecycleError) -> Running {
        let name = specification.id.kind.binaryName
        switch outcome {
        case .started(let answer):
            guard let info = lastInfo else { break }
            let handle = DaemonHandle.startedByUs(daemonName: name, baseURL: info.address, pid: UInt32(clamping: answer.pid))
            try context.handles.complete(handle, id: specification.id, owner: context.owner, nonce: answer.nonce, now: HandleStore.now())
            return Running(handle: handle, info: info, child: child)
        case .alreadyRunning:
            guard let info = lastInfo else { break }
            return Running(handle: .alreadyRunning(daemonName: name, baseURL: info.address), info: info, child: nil)
        case .failed(let failure):
            _ = abandonLaunch(.stopped)
            if let files, let obstacle = files.obstacle, let holder = failure.unheardHolder {
                throw LifecycleError(obstacle: obstacle, to: holder, of: files)
            }
            if let holder = failure.unheardHolder, let files, case .held(let line?, _, _) = try? files.look(),
                line.nonce.text == holder.nonce,
                (try? line.process.liveness()) == .dead
            {
                throw LifecycleError(heirsOf: holder, files, holders: await files.holders())
            }
            if failure == .lockWithoutLine, let files {
                throw LifecycleError(unnamedHolderOf: files, code: .timedOut, holders: await files.holders())
            }
            var error = LifecycleError(failure, of: specification, program: program, output: files?.lastOutput() ?? "", answer: lastInfo)
            // On a full disk there is no room for what the daemon would have said of it.
            if case .startFailed(let failed) = failure, failed.output.isEmpty, let shortage = files?.shortage {
                error = LifecycleError(
                    error.code, "\(error.message). \(shortage)", daemon: error.daemon, path: error.path, end: error.end,
                    output: error.output)
            }
            throw error
        }
        throw LifecycleError(.inconsistent, "\(specification.id) answered without saying who it is", daemon: specification.id.description)
    }
}

extension DaemonInfo {
    /// Where it is reached: over HTTP, or by its socket alone.
    var address: String { baseURL ?? socket.map { "unix://\($0)" } ?? "" }
}

extension DaemonFiles.Signature {
    /// As the launcher is told; nil where it cannot be compared.
    fileprivate var field: String? {
        switch self {
        case .none: "none"
        case .nonce(let nonce): nonce
        case .foreign: nil
        }
    }
}
