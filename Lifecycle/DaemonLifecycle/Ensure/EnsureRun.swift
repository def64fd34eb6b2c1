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
    private var deadline: SuspendingClock.Instant
    private let clock = SuspendingClock()
    private var files: DaemonFiles?
    private var child: Child?
    private var watched: (holder: Holder, watch: ProcessWatch)?
    private var lastInfo: DaemonInfo?
    /// Since when the holder is known to be gone while its lock is held.
    private var deadSince: SuspendingClock.Instant?

    /// - Parameter program: the absolute path of the daemon's program; empty when nothing may be launched.
    init(_ specification: DaemonSpecification, program: String, wish: EnsureWish, timeout: Duration, context: LifecycleContext) {
        self.specification = specification
        self.program = program
        self.wish = wish
        self.context = context
        machine = EnsureMachine(wish: wish)
        deadline = clock.now + timeout
    }

    func run() async throws(LifecycleError) -> Running {
        var action = machine.handle(.begin)
        while true {
            if case .finish(let outcome) = action { return try finish(outcome) }
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
        case .stopHolder: await stop(.graceful(grace: specification.grace))
        case .stopChild: await stopChild()
        case .finish: .deadlineReached  // Never performed: `run` ends there.
        }
    }

    private var remaining: Duration { max(.zero, deadline - clock.now) }

    private func look() throws(LifecycleError) -> EnsureMachine.Event {
        if files == nil { files = try DaemonFiles.open(specification.id, home: context.home, create: wish.mayLaunch) }
        guard let files else { return .foundFree(failedStart: nil) }
        let look = try files.look()
        switch look {
        case .free: return .foundFree(failedStart: look.failedStart)
        case .held(let line, _, _):
            return .foundHeld(line.map { Holder(nonce: $0.nonce.text, pid: $0.pid) }, failedStart: look.failedStart)
        }
    }

    private func ask(_ holder: Holder) async -> EnsureMachine.Event {
        guard let files else { return .silent(.starting) }
        if remaining == .zero { return .deadlineReached }
        if let answer = await inquire(files) { return .answered(answer) }
        guard case .held(_, let record?, _) = try? files.look(), record.nonce == holder.nonce else { return .silent(.starting) }
        switch record.state {
        case .draining: return .silent(.draining)
        case .starting: return .silent(.starting)
        default: return .silent(.ready)
        }
    }

    private func wait(for holder: Holder?, upTo delay: Duration) async -> EnsureMachine.Event {
        if remaining == .zero { return .deadlineReached }
        let limit = min(delay, remaining)
        if let holder, let watch = watch(holder) {
            return await context.loop.isReadable(watch.descriptor, within: limit) ? .holderEnded : .pollDue
        }
        try? await context.loop.sleep(for: limit)
        if let holder { await endRemains(of: holder) }
        return .pollDue
    }

    /// A holder that is gone while its lock is held has left something behind that holds it, such as a program that it started and that
    /// kept the descriptor. Its shepherd holds it too, but only until it has written down how the daemon ended.
    private func endRemains(of holder: Holder) async {
        guard let files, case .held(let line?, _, _) = try? files.look(), line.nonce.text == holder.nonce,
            (try? line.process.liveness()) == .dead
        else { return }
        let since = deadSince ?? clock.now
        deadSince = since
        guard clock.now - since >= Self.longestRecording else { return }
        await Remains.end(nonce: holder.nonce, sparing: [getpid()], on: context.loop)
    }

    /// Longer than any shepherd takes to write down an end.
    private static let longestRecording: Duration = .milliseconds(500)

    /// A pidfd of the holder, opened once a holder; nil when its number is no longer its own.
    private func watch(_ holder: Holder) -> ProcessWatch? {
        if let watched, watched.holder == holder { return watched.watch }
        watched = nil
        guard let files, case .held(let line?, _, _) = try? files.look(), line.nonce.text == holder.nonce,
            let watch = try? ProcessWatch.open(pid: holder.pid), line.process.isAlive
        else { return nil }
        watched = (holder, watch)
        return watch
    }

    private func launch() async throws(LifecycleError) -> EnsureMachine.Event {
        if files == nil { files = try DaemonFiles.open(specification.id, home: context.home, create: true) }
        guard let files else { return .launchFailed(stage: "directory", errno: 0) }
        let nonce = Nonce()
        try context.handles.writeIntent(specification.id, owner: context.owner, nonce: nonce, now: HandleStore.now())
        do throws(LifecycleError) {
            let child = try await Child.launch(
                launchSpecification(files, nonce: nonce), nonce: nonce, by: context.launcher, on: context.loop)
            self.child = child
            switch await child.firstReport(within: max(remaining, .seconds(1))) {
            case .started(let pid, _): return .launched(pid: pid)
            case .lost: return abandonLaunch(.launchLost)
            case .failed(let stage, let errno): return abandonLaunch(.launchFailed(stage: stage, errno: errno))
            case .ended, nil: return abandonLaunch(.launchFailed(stage: "report", errno: 0))
            }
        } catch {
            _ = abandonLaunch(.launchLost)
            throw error
        }
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
            environment: environment, lock: files.path(files.lock), nonce: nonce.text, output: files.path(files.output),
            lastEnd: files.path(files.lastEnd))
    }

    private func awaitChild(_ pid: Int32, upTo delay: Duration) async -> EnsureMachine.Event {
        let pollAt = clock.now + delay
        while let child {
            if remaining == .zero { return .deadlineReached }
            switch await child.next(pid: pid, within: min(remaining, max(.zero, pollAt - clock.now))) {
            case .ready: return .saidReady
            case .extendTimeout(let more): deadline = max(deadline, clock.now + more)
            case .ended(let end): return childEnded(child, end)
            case nil: return remaining == .zero ? .deadlineReached : .pollDue
            }
        }
        return .deadlineReached
    }

    private func childEnded(_ child: Child, _ end: ProcessEnd) -> EnsureMachine.Event {
        let recorded: LastEnd? =
            if case .free(let last, _) = try? files?.look(), last?.nonce == child.nonce.text { last } else { nil }
        return .childEnded(FailedStart(nonce: child.nonce.text, end: end, output: recorded?.output ?? files?.lastOutput() ?? ""))
    }

    private func confirm() async -> EnsureMachine.Event {
        guard let files, let answer = await inquire(files) else { return remaining == .zero ? .deadlineReached : .silent(.starting) }
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
            isOurLaunch: info.nonce == child?.nonce.text)
    }

    private func stop(_ ladder: StopLadder, keepsEnd: Bool = false) async -> EnsureMachine.Event {
        do {
            _ = try await StopRun(specification.id, ladder: ladder, cascade: false, keepsEnd: keepsEnd, context: context).run()
            return .stopped
        } catch {
            return .stopFailed(error.message)
        }
    }

    private func stopChild() async -> EnsureMachine.Event {
        let nonce = child?.nonce
        let event = await stop(.signals(), keepsEnd: true)
        if let nonce { await Remains.end(nonce: nonce.text, sparing: [getpid()], on: context.loop) }
        return abandonLaunch(event)
    }

    private func finish(_ outcome: EnsureOutcome) throws(LifecycleError) -> Running {
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
            throw LifecycleError(failure, of: specification, program: program, output: files?.lastOutput() ?? "")
        }
        throw LifecycleError(.inconsistent, "\(specification.id) answered without saying who it is", daemon: specification.id.description)
    }
}

extension DaemonInfo {
    /// Where it is reached: over HTTP, or by its socket alone.
    var address: String { baseURL ?? socket.map { "unix://\($0)" } ?? "" }
}
