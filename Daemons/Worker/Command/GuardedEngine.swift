internal import DaemonContract
internal import DaemonLifecycle
internal import EventLoop
internal import Glibc
internal import Platform
internal import Synchronization

/// One engine under its guard, from its launch to its end.
final class GuardedEngine: EngineProcess {
    /// How long the launcher may take for its first word.
    private static let launchLimit: Duration = .seconds(10)
    /// How long the last word of a guard may take to be read, once the guard is gone.
    private static let reportLimit: Duration = .milliseconds(200)
    /// What a guard calls itself.
    static let guardName = "rbee-guard"
    /// How long killing a whole tree may take. What is longer hangs in the kernel, and nobody can do anything about it.
    private static let killLimit: Duration = .seconds(10)

    private struct State {
        var pid: Int32 = 0
        var exit: EngineExit?
        var waiting: [CheckedContinuation<EngineExit, Never>] = []
        var shepherds: Shepherds?
        var guardWatch: EventLoop.Watch?
    }

    private let loop: EventLoop
    private let nonce: String
    private let files: EngineFiles
    private let first = ResumeOnce<LaunchReport.Event, Never>()
    private let state = Mutex(State())

    init(loop: EventLoop, nonce: String, files: EngineFiles) {
        self.loop = loop
        self.nonce = nonce
        self.files = files
    }

    var pid: Int32 { state.withLock { $0.pid } }

    /// Launches the program and gives the guard's first word.
    func begin(_ specification: LaunchSpecification, by launcher: any Launcher) async throws(EngineError) -> LaunchReport.Event {
        do {
            let shepherds = try await launcher.launch([specification]) { [self] report in reported(report.event) }
            state.withLock { $0.shepherds = shepherds }
        } catch {
            throw EngineError(.startFailed, "the engine could not be launched: \(error.message)", underlying: error)
        }
        let timer = loop.schedule(after: Self.launchLimit) { [first] in
            first.resume(with: .success(.failed(stage: "the launcher said nothing in time", errno: ETIMEDOUT)))
        }
        defer { timer.cancel() }
        let event = await first.value()
        switch event {
        case .started(let pid, _): watchGuard(of: pid)
        case .lost, .failed, .ended: letGo()
        case .closed:
            letGo()
            // The engine died with its guard, if it was there already; what it had started did not.
            await Remains.end(nonce: nonce, sparing: [getpid(), getppid()], on: loop)
        }
        // It may have ended before what has to be let go was known.
        if state.withLock({ $0.exit != nil }) { letGo() }
        return event
    }

    func ended() async -> EngineExit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state -> EngineExit? in
                if state.exit == nil { state.waiting.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    func stop() async {
        state.withLock { $0.shepherds }?.endInput()
        let limit = loop.schedule(after: Self.killLimit) { [self] in
            finish(.signalled(SIGKILL), note: "not seen to end after it was killed")
        }
        defer { limit.cancel() }
        _ = await ended()
    }

    private func reported(_ event: LaunchReport.Event) {
        if case .started(let pid, _) = event { state.withLock { $0.pid = pid } }
        if first.resume(with: .success(event)) { return }
        if case .ended(let end) = event { finish(end) }
    }

    /// A guard that is killed reports nothing, but its engine dies with it: that is seen here, and what the engine had started is ended.
    private func watchGuard(of pid: Int32) {
        guard let engine = ProcessStat.of(pid: pid), let process = try? ProcessWatch.open(pid: engine.parent),
            ProcessStat.of(pid: engine.parent)?.name == Self.guardName
        else {
            // Both are gone already, or there are no pidfds here; then the guard's word has to do.
            if ProcessStat.of(pid: pid)?.isDead != false { guardIsGone() }
            return
        }
        let watch = loop.watch(process.descriptor, for: .readable) { [self] in
            withExtendedLifetime(process) {}
            stopWatching()
            guardIsGone()
        }
        let isOver = state.withLock { state in
            if state.exit == nil { state.guardWatch = watch }
            return state.exit != nil
        }
        if isOver { watch.cancel() }
    }

    private func guardIsGone() {
        loop.schedule(after: Self.reportLimit) { [self] in
            guard state.withLock({ $0.exit == nil }) else { return }
            Task(executorPreference: loop) { [self] in
                // The worker carries the nonce as well, and so does its shepherd.
                await Remains.end(nonce: nonce, sparing: [getpid(), getppid()], on: loop)
                finish(.signalled(SIGKILL), note: "its guard was killed")
            }
        }
    }

    private func stopWatching() {
        let guardWatch = state.withLock { state in
            defer { state.guardWatch = nil }
            return state.guardWatch
        }
        guardWatch?.cancel()
    }

    private func finish(_ end: EngineExit.End, note: String = "") {
        let pid = pid
        let exit = EngineExit(end: end, output: files.lastEnd(nonce: nonce, pid: pid)?.output ?? note)
        let waiting = state.withLock { state in
            guard state.exit == nil else { return [] as [CheckedContinuation<EngineExit, Never>] }
            state.exit = exit
            defer { state.waiting = [] }
            return state.waiting
        }
        letGo()
        for waiter in waiting { waiter.resume(returning: exit) }
    }

    private func letGo() {
        stopWatching()
        let shepherds = state.withLock { state in
            defer { state.shepherds = nil }
            return state.shepherds
        }
        shepherds?.letGo()
    }
}
