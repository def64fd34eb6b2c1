public import DaemonContract

/// An actor that looks after one kind of daemon. What is common to all kinds is here; what is particular to one is its initializer and its own requests.
public protocol LifecycleActor: Actor {
    /// The daemon it looks after.
    nonisolated var lifecycle: DaemonLifecycle { get }
}

extension LifecycleActor {
    /// Makes sure that the daemon runs and has answered: finds it, waits for it, or starts it.
    ///
    /// - Returns: a handle that says whether it was started here.
    /// - Throws: what ``DaemonLifecycle/ensure()`` throws.
    @discardableResult
    public func ensure() async throws(LifecycleError) -> DaemonHandle { try await lifecycle.ensure() }

    /// The daemon if it runs and has answered; starts none.
    public func find() async throws(LifecycleError) -> DaemonHandle? { try await lifecycle.find() }

    /// The daemon as it is, without waiting for anything but its answer.
    public func status() async throws(LifecycleError) -> DaemonStatusRow { try await lifecycle.status() }

    /// Stops the daemon and everything that belongs to it. Not running is success.
    ///
    /// - Parameters:
    ///   - grace: how long it may drain; nil takes the specification's.
    ///   - cascade: whether it stops the daemons it owns first.
    @discardableResult
    public func stop(grace: Duration? = nil, cascade: Bool = true) async throws(LifecycleError) -> StopReceipt {
        try await lifecycle.stop(grace: grace, cascade: cascade)
    }

    /// Stops the daemon without cascade and starts it again.
    @discardableResult
    public func restart(grace: Duration? = nil) async throws(LifecycleError) -> DaemonHandle { try await lifecycle.restart(grace: grace) }

    /// Done with a handle: stops the daemon if this owner started the one that runs, leaves it alone otherwise.
    ///
    /// - Returns: nil when it was left alone.
    @discardableResult
    public func release(_ handle: DaemonHandle) async throws(LifecycleError) -> StopReceipt? { try await lifecycle.release(handle) }

    /// What the daemon says of itself.
    public func info() async throws(LifecycleError) -> DaemonInfo { try await lifecycle.info() }

    /// Renews the daemon's idle clock.
    @discardableResult
    public func ping() async throws(LifecycleError) -> PingReply { try await lifecycle.ping() }

    /// Keeps the daemon alive for a while, whether it is used or not.
    public func lease(holder: String, for duration: Duration) async throws(LifecycleError) -> Lease {
        try await lifecycle.lease(holder: holder, for: duration)
    }

    /// Renews a lease for its own duration.
    public func renew(_ lease: Lease) async throws(LifecycleError) -> Lease { try await lifecycle.renew(lease) }

    /// Gives a lease back.
    public func giveBack(_ lease: Lease) async throws(LifecycleError) { try await lifecycle.giveBack(lease) }

    /// Sends a request to the daemon, which is started if it does not run.
    public func send(_ request: DaemonRequest) async throws(LifecycleError) -> DaemonResponse { try await lifecycle.send(request) }
}
