public import DaemonContract
internal import EventLoop
internal import Platform

/// Starts one daemon, waits until it has answered, finds it again, keeps it, and stops it, leaving nothing.
///
/// Everything is safe to call from anywhere at any time, also while other processes do the same: at most one process serves the daemon.
/// The owner is a name, not a process: a restarted service that uses the same name owns what its predecessor started.
public actor DaemonLifecycle {
    /// The daemon, its program and its budgets.
    public nonisolated let specification: DaemonSpecification
    /// In whose name it is started.
    public nonisolated var owner: String { context.owner }

    package nonisolated let context: LifecycleContext
    private var ensuring: Task<Result<EnsureRun.Running, LifecycleError>, Never>?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - specification: the daemon, its program and its budgets.
    ///   - owner: a name like `keeper` or a service's own: 1 to 63 of a-z, 0-9, `.`, `_` and `-`.
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    /// - Throws: `invalidArgument`.
    public init(_ specification: DaemonSpecification, owner: String, home: String? = nil) throws(LifecycleError) {
        self.init(specification, context: try LifecycleContext(home: home, owner: owner))
    }

    package init(_ specification: DaemonSpecification, context: LifecycleContext) {
        self.specification = specification
        self.context = context
    }

    // MARK: Start and find

    /// Makes sure that the daemon runs and has answered: finds it, waits for it, or starts it.
    ///
    /// Callers of one process share one attempt. Cancelling a caller ends its wait only: what was started stays.
    ///
    /// - Returns: a handle that says whether it was started here.
    /// - Throws: `startFailed` with exit status and last output, `timedOut`, `silent`, `foreign`, `binaryNotFound`, `launchFailed`, `cancelled`.
    @discardableResult
    public func ensure() async throws(LifecycleError) -> DaemonHandle {
        try await running().handle
    }

    /// What the running daemon says of itself; it is started if need be.
    func running() async throws(LifecycleError) -> EnsureRun.Running {
        let attempt = ensuring ?? begin()
        ensuring = attempt
        return try await attempt.cancellableValue().get()
    }

    private func begin() -> Task<Result<EnsureRun.Running, LifecycleError>, Never> {
        Task {
            defer { ensuring = nil }
            do throws(LifecycleError) {
                let program = try context.locator.find(specification.program)
                let build = specification.replacesOtherBuilds ? BuildIdentifier.of(path: program) : nil
                let wish = EnsureWish(notifies: specification.notifies, buildID: build)
                return .success(
                    try await EnsureRun(specification, program: program, wish: wish, timeout: specification.startTimeout, context: context)
                        .run())
            } catch {
                return .failure(error)
            }
        }
    }

    /// The daemon if it runs and has answered; waits for one that is starting, starts none.
    ///
    /// - Returns: nil when it is not running.
    public func find() async throws(LifecycleError) -> DaemonHandle? {
        try await found()?.handle
    }

    /// What the daemon says of itself, if it runs.
    func found() async throws(LifecycleError) -> EnsureRun.Running? {
        do {
            let wish = EnsureWish(mayLaunch: false, notifies: specification.notifies)
            return try await EnsureRun(specification, program: "", wish: wish, timeout: specification.startTimeout, context: context).run()
        } catch {
            guard error.code == .notRunning else { throw error }
            return nil
        }
    }

    /// The daemon as it is, without waiting for anything but its answer.
    public func status() async throws(LifecycleError) -> DaemonStatusRow {
        try await DaemonDirectory(home: context.home, loop: context.loop).status(of: specification.id, owner: context.owner)
    }

    // MARK: Stop

    /// Stops the daemon and everything that belongs to it. Not running is success, and the receipt says so. Starts nothing.
    ///
    /// - Parameters:
    ///   - grace: how long it may drain; nil takes the specification's.
    ///   - cascade: whether it stops the daemons it owns first.
    /// - Throws: `survivors` when a process lives after the last rung, `identityMismatch` when it may not be signalled from here.
    @discardableResult
    public func stop(grace: Duration? = nil, cascade: Bool = true) async throws(LifecycleError) -> StopReceipt {
        try await stop(ladder: .graceful(grace: grace ?? specification.grace), cascade: cascade)
    }

    /// Stops the daemon by a ladder of one's own.
    func stop(ladder: StopLadder, cascade: Bool) async throws(LifecycleError) -> StopReceipt {
        try await StopRun(specification.id, ladder: ladder, cascade: cascade, context: context).run()
    }

    /// Stops the daemon without cascade and starts it again. One whose program is missing is left running.
    public func restart(grace: Duration? = nil) async throws(LifecycleError) -> DaemonHandle {
        _ = try context.locator.find(specification.program)
        try await stop(grace: grace, cascade: false)
        return try await ensure()
    }

    /// Done with a handle: stops the daemon if this owner started it, leaves it alone otherwise. A handle may be older than the daemon that runs
    /// now: one that somebody else has started since is left alone too.
    ///
    /// - Returns: nil when it was left alone.
    @discardableResult
    public func release(_ handle: DaemonHandle) async throws(LifecycleError) -> StopReceipt? {
        guard handle.shouldCleanup else { return nil }
        let row = try await status()
        guard row.owned || !row.state.isRunning else { return nil }
        return try await stop()
    }

    // MARK: Talk

    /// What the daemon says of itself.
    public func info() async throws(LifecycleError) -> DaemonInfo {
        try await client().get(DaemonPath.info)
    }

    /// Renews the daemon's idle clock.
    @discardableResult
    public func ping() async throws(LifecycleError) -> PingReply {
        try await client().post(DaemonPath.ping, body: [:] as [String: String])
    }

    /// Keeps the daemon alive for a while, whether it is used or not.
    ///
    /// - Parameters:
    ///   - holder: who holds the lease, for people who look.
    ///   - duration: until when, unless it is renewed.
    public func lease(holder: String, for duration: Duration) async throws(LifecycleError) -> Lease {
        try await client().post(DaemonPath.leases, body: LeaseRequest(holder: holder, durationSecs: WireSeconds.seconds(duration)))
    }

    /// Renews a lease for its own duration.
    public func renew(_ lease: Lease) async throws(LifecycleError) -> Lease {
        try await client().put("\(DaemonPath.leases)/\(lease.id)", body: LeaseRenewal())
    }

    /// Gives a lease back.
    public func giveBack(_ lease: Lease) async throws(LifecycleError) {
        try await client().delete("\(DaemonPath.leases)/\(lease.id)")
    }

    /// Sends a request to the daemon, which is started if it does not run.
    ///
    /// When it turns out to be gone or going, it is ensured once more, and the request is repeated if it was never read or does no harm twice.
    ///
    /// - Throws: what `ensure` throws, and `unreachable`.
    public func send(_ request: DaemonRequest) async throws(LifecycleError) -> DaemonResponse {
        try await ensure()
        do throws(LifecycleError) {
            let response = try await client().send(request)
            guard response.isRefusedWhileDraining else { return response }
        } catch {
            guard request.mayRepeat(after: error) else { throw error }
        }
        try await ensure()
        return try await client().send(request)
    }

    /// A reply of the running daemon to a `GET`.
    package func get<Reply: Decodable & Sendable>(_ path: String) async throws(LifecycleError) -> Reply {
        try await client().get(path)
    }

    private func client() throws(LifecycleError) -> ControlClient {
        guard let files = try DaemonFiles.open(specification.id, home: context.home, create: false) else {
            throw LifecycleError(EnsureFailure.notRunning, of: specification, program: "", output: "")
        }
        return ControlClient(files, loop: context.loop)
    }
}
