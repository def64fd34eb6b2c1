package import DaemonContract
internal import EventLoop
internal import Platform

/// Keeps plain programs running: starts them under guards, notices how they end, and starts them again as ``ProgramMachine`` decides.
///
/// The guards outlive it: one that comes next adopts what it finds running. What somebody has stopped stays down until somebody starts it, also
/// across a crash of whoever supervises.
package actor ProgramSupervisor {
    /// A program, as it is now.
    package struct Report: Sendable, Hashable {
        package let id: DaemonID
        package let state: DaemonState
        package let pid: Int32?
        /// For how long this process has been running.
        package let uptime: Duration?
        package let restarts: Int
        package let reason: String?
        package let command: [String]
        /// Whether it stands in the configuration.
        package let isConfigured: Bool
    }

    struct Entry {
        var specification: ProgramSpecification
        var machine: ProgramMachine
        var isConfigured = true
        var life: ProgramLife?
        var timer: EventLoop.Timer?
        /// What keeps it from being ready, as far as that is seen.
        var obstacle: String?
        /// The state that was told last.
        var told: DaemonState = .stopped
    }

    let context: LifecycleContext
    let place: ProgramPlace
    let listeners: ListenerWait
    private let policy: RestartMachine.Policy
    private let onChange: @Sendable (Report) -> Void
    private var line: LaunchLine?
    private var outbox: [LaunchSpecification] = []
    var entries: [DaemonID: Entry] = [:]
    private var isOver = false
    /// Those that are being launched, or do not serve yet.
    private(set) var comingUp: Set<DaemonID> = []
    /// Those that serve, which is not written down yet.
    var unrecorded: Set<DaemonID> = []
    var recording: EventLoop.Timer?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameter onChange: called on the loop after every change of state, with its cause.
    package init(
        context: LifecycleContext, policy: RestartMachine.Policy = .init(), onChange: @escaping @Sendable (Report) -> Void = { _ in }
    ) {
        self.context = context
        place = ProgramPlace(home: context.home)
        listeners = ListenerWait(loop: context.loop)
        self.policy = policy
        self.onChange = onChange
    }

    // MARK: What there is

    /// Takes what is configured now. What runs goes on as it was started; how it is started next time is new. What is not configured any more
    /// is forgotten once it is down.
    package func define(_ specifications: [ProgramSpecification]) {
        let configured = Dictionary(specifications.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (id, specification) in configured {
            guard entries[id] != nil else {
                entries[id] = Entry(
                    specification: specification, machine: ProgramMachine(restart: specification.restart, policy: policy))
                continue
            }
            entries[id]?.isConfigured = true
            entries[id]?.specification = specification
            entries[id]?.machine.mode = specification.restart
        }
        for (id, entry) in entries where configured[id] == nil {
            if entry.machine.life == .none { forget(id) } else { entries[id]?.isConfigured = false }
        }
    }

    /// Takes charge of what a predecessor has left running, and starts what is to run without being asked for.
    package func begin() async {
        guard !isOver else { return }
        var ids = Set(entries.keys)
        if let traces = try? DaemonDirectory(home: context.home, loop: context.loop).traces() {
            ids.formUnion(traces.filter { $0.kind == .process })
        }
        var automatic: [DaemonID] = []
        var unaccounted: Set<String> = []
        for id in ids.sorted(by: { $0.instance < $1.instance }) {
            guard let files = try? place.files(id) else { continue }
            switch files.find() {
            case .running(let pid, let nonce, let record):
                // One of another supervisor is left to it. Whoever wants it here is told who has it.
                if !adopt(id, pid: pid, nonce: nonce, record) { automatic.append(id) }
            case .down(let isStopped, let nonce):
                if let nonce { unaccounted.insert(nonce) }
                if !isStopped { automatic.append(id) }
            case .held: automatic.append(id)
            }
        }
        await Leftovers(home: context.home, loop: context.loop).end(of: unaccounted)
        guard !isOver else { return }
        handle(automatic.filter { entries[$0].map { $0.isConfigured && $0.specification.isAutomatic } == true }, .wanted)
        await flush()
    }

    /// - Returns: whether it is this supervisor's to look after.
    private func adopt(_ id: DaemonID, pid: Int32, nonce: String, _ record: DaemonRecord?) -> Bool {
        guard record?.owner ?? context.owner == context.owner, let nonce = Nonce(nonce) else { return false }
        if entries[id] == nil {
            // It is looked after until it ends; how it would be started nobody knows.
            guard record != nil else { return false }
            entries[id] = Entry(
                specification: ProgramSpecification(id: id, command: [], restart: .never),
                machine: ProgramMachine(restart: .never, policy: policy), isConfigured: false)
        }
        guard let entry = entries[id], entry.life == nil else { return true }
        let life = ProgramLife(number: entry.machine.number + 1, nonce: nonce)
        life.pid = pid
        if let startedAt = record?.startedAt {
            life.since &-= (HandleStore.now() &- min(startedAt, HandleStore.now())) &* 1_000_000_000
        }
        entries[id]?.life = life
        watchGuard(id, life)
        let isReady = record?.state.isServing == true || entry.specification.readiness == .running
        if isReady { life.settle(nil) }
        handle(id, .adopted(isReady: isReady))
        return true
    }

    // MARK: Wishes

    /// Starts programs, unless they run, and waits until each serves or has failed to.
    ///
    /// - Returns: of those that do not serve, why.
    package func start(_ ids: [DaemonID]) async -> [DaemonID: String] {
        handle(ids.filter { entries[$0]?.isConfigured == true }, .wanted)
        return await failures(of: ids)
    }

    /// Ends programs that run, and starts each again, as it is configured now.
    ///
    /// - Returns: as ``start(_:)``.
    package func restart(_ ids: [DaemonID]) async -> [DaemonID: String] {
        handle(ids.filter { entries[$0]?.isConfigured == true }, .restarted)
        await flush()
        for id in ids { await over(id, ifEnding: true) }
        return await failures(of: ids)
    }

    private func failures(of ids: [DaemonID]) async -> [DaemonID: String] {
        await flush()
        var failures: [DaemonID: String] = [:]
        for id in ids {
            // One that ends while it is wanted again begins its next life first.
            await over(id, ifEnding: true)
            guard let entry = entries[id] else { continue }
            guard entry.isConfigured || entry.life != nil else { continue }
            guard let life = entry.life else {
                failures[id] = entry.machine.reason ?? "it is not running"
                continue
            }
            failures[id] = await life.waiter().value()
        }
        return failures
    }

    /// Ends programs for good; returns when the whole tree of each is gone.
    ///
    /// - Returns: of those that are not gone, why.
    package func stop(_ ids: [DaemonID]) async -> [DaemonID: String] {
        let known = ids.filter { entries[$0] != nil }
        handle(known, .stopped)
        for id in known where entries[id]?.life == nil { remember(id) }
        var failures: [DaemonID: String] = [:]
        for id in known {
            await over(id, ifEnding: false)
            failures[id] = entries[id]?.life.map { "process \($0.pid) is still there" }
            if entries[id]?.isConfigured == false { forget(id) }
        }
        return failures
    }

    /// Waits until the life under way is over, if it is being ended.
    private func over(_ id: DaemonID, ifEnding: Bool) async {
        guard let entry = entries[id], let life = entry.life else { return }
        if ifEnding {
            guard case .ending = entry.machine.life else { return }
        }
        _ = await life.mourner().value()
        await flush()
    }

    /// Ends all of them, and the supervision.
    ///
    /// - Parameter limit: how long that may take; what has not gone by itself by then was killed.
    package func stopAll(within limit: Duration) async {
        isOver = true
        let running = entries.filter { $0.value.life != nil }
        handle(entries.keys, .stopped)
        // Asked a second time, a guard kills.
        let hurry = context.loop.schedule(after: limit * 8 / 10) { [weak self] in
            self?.assumeIsolated { $0.endAgain() }
        }
        defer { hurry.cancel() }
        let turns = running.compactMap { $0.value.life?.mourner() }
        for turn in turns { _ = await turn.value() }
        for id in entries.keys { sweep(id) }
        letGo()
    }

    private func endAgain() {
        for entry in entries.values { entry.life?.guardian?.end() }
    }

    /// Ends the supervision and leaves the programs running, for whoever comes next.
    package func leave() {
        isOver = true
        writeRecords()
        letGo()
    }

    private func letGo() {
        for entry in entries.values {
            entry.timer?.cancel()
            entry.life?.end("its supervisor is ending")
        }
        recording?.cancel()
        entries.removeAll()
        line = nil
    }

    // MARK: Launching

    /// Has a program launched with the next batch.
    func post(_ order: LaunchSpecification) {
        outbox.append(order)
        guard outbox.count == 1 else { return }
        Task { await flush() }
    }

    private func flush() async {
        guard !outbox.isEmpty else { return }
        let batch = outbox
        outbox.removeAll()
        let line =
            self.line
            ?? LaunchLine(context.localLauncher, loop: context.loop) { [weak self] report in
                self?.assumeIsolated { $0.reported(report) }
            }
        self.line = line
        await line.launch(batch)
    }

    // MARK: Telling

    /// What was configured last.
    package func specifications() -> [ProgramSpecification] {
        entries.values.filter(\.isConfigured).map(\.specification)
    }

    package func reports() -> [Report] {
        entries.keys.compactMap(report).sorted { $0.id.instance < $1.id.instance }
    }

    package func report(_ id: DaemonID) -> Report? {
        guard let entry = entries[id] else { return nil }
        let life = entry.life.flatMap { $0.pid > 0 ? $0 : nil }
        return Report(
            id: id, state: state(of: entry), pid: life?.pid,
            uptime: life.map { .nanoseconds(Int64(clamping: MonotonicClock.now &- $0.since)) },
            restarts: entry.machine.restarts, reason: entry.obstacle ?? entry.machine.reason, command: entry.specification.command,
            isConfigured: entry.isConfigured)
    }

    private func state(of entry: Entry) -> DaemonState {
        switch entry.machine.state {
        case .stopped: .stopped
        case .starting: .starting
        case .ready: .ready
        case .ending: .draining
        case .backoff: .backoff
        case .failed: .failed
        }
    }

    // MARK: The machine's shell

    /// Gives the machine an event, and does what it decides.
    func handle(_ id: DaemonID, _ event: ProgramMachine.Event) {
        handle([id], event)
    }

    /// The same for many: all of it is done before any of it is told.
    func handle(_ ids: some Collection<DaemonID>, _ event: ProgramMachine.Event) {
        for id in ids { perform(id, event) }
        for id in ids { tell(id) }
    }

    private func perform(_ id: DaemonID, _ event: ProgramMachine.Event) {
        guard var entry = entries[id] else { return }
        let action = entry.machine.handle(event, now: MonotonicClock.now, random: .random(in: -1...1))
        entries[id]?.machine = entry.machine
        if entry.machine.isComingUp { comingUp.insert(id) } else { comingUp.remove(id) }
        if entry.machine.life == .none || entry.machine.number != entry.life?.number, let life = entry.life {
            life.end(entry.machine.reason ?? "it was stopped")
            entries[id]?.life = nil
            if entry.machine.life == .none { settled(id, entry.machine) }
        }
        switch action {
        case .launch(let number)?: launch(id, number)
        case .awaitReadiness?: awaitReadiness(id)
        case .end?: end(id)
        case .setTimer(let at)?:
            let now = MonotonicClock.now
            entries[id]?.timer = context.loop.schedule(after: .nanoseconds(Int64(clamping: at &- min(at, now)))) { [weak self] in
                self?.assumeIsolated { $0.handle(id, .timerDue) }
            }
        case nil: break
        }
    }

    private func tell(_ id: DaemonID) {
        guard let entry = entries[id] else { return }
        let state = state(of: entry)
        guard state != entry.told else { return }
        entries[id]?.told = state
        if let report = report(id) { onChange(report) }
    }

    /// What is down is written down as such.
    private func settled(_ id: DaemonID, _ machine: ProgramMachine) {
        // At the end all of them are swept at once.
        guard !isOver else { return }
        switch machine.state {
        case .stopped where machine.reason == nil: remember(id)
        case .stopped, .failed: sweep(id)
        case .backoff, .starting, .ready, .ending: break
        }
    }

    private func sweep(_ id: DaemonID) {
        try? place.files(id).clear()
    }

    /// Somebody has stopped it: so it stays, whoever supervises next.
    private func remember(_ id: DaemonID) {
        sweep(id)
        guard entries[id]?.isConfigured == true else { return }
        try? place.files(id).record(.stopped, pid: 0, nonce: Nonce().text, owner: context.owner, baseURL: nil)
    }

    private func forget(_ id: DaemonID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        entry.timer?.cancel()
        sweep(id)
    }
}
