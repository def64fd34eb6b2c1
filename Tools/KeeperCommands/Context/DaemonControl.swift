package import ContextContract
package import DaemonContract
package import DaemonLifecycle

/// Tells what is going on while something is awaited.
package typealias Narrate = @Sendable (String) -> Void

/// What the keeper asks of the daemons' lifecycle.
///
/// The seam between commands and effects: commands are tested against a double, the real one stands on `DaemonLifecycle`.
package protocol DaemonControl: Sendable {
    /// Every daemon that the run directory knows of, running or not, in the order they are started. Disturbs nobody and starts nothing.
    func rows() async throws -> [DaemonStatusRow]

    /// One daemon, also when nothing is known of it (`stopped`).
    func row(of id: DaemonID) async throws -> DaemonStatusRow

    /// Puts the run directory in order: unfinished starts of callers that died are resolved, corrupt files set aside.
    ///
    /// - Returns: a sentence for each thing that was found.
    func tidyUp() async throws -> [String]

    /// Removes what daemons that do not run have left, and ends what they left running.
    ///
    /// - Parameter ids: of these; nil: of all of this home.
    /// - Returns: a sentence for each of which something was left.
    func clear(_ ids: [DaemonID]?) async throws -> [String]

    /// Starts the daemon unless it runs, and returns when it has answered.
    func start(_ plan: StartPlan, narrate: @escaping Narrate) async throws -> StartedDaemon

    /// Stops the daemon and its whole subtree; not running is a success that says so.
    func stop(_ id: DaemonID, _ options: StopOptions, narrate: @escaping Narrate) async throws -> StopReceipt

    /// A way to talk to a running daemon.
    ///
    /// - Throws: `notRunning` when it does not run.
    func connection(to id: DaemonID) async throws -> any DaemonConnection

    /// Asks the context daemon.
    ///
    /// - Parameters:
    ///   - starting: start it if it does not run.
    ///   - limit: how long the answer may take.
    /// - Throws: `notRunning` when it does not run and is not to be started.
    func ask(_ request: ContextRequest, starting: Bool, within limit: Duration) async throws -> ContextResponse

    /// What would start the daemon the way it runs now: port, time to live, model. The usual plan when it does not run.
    func planAsRunning(_ id: DaemonID) async throws -> StartPlan

    /// The program to become for `--foreground`.
    func foreground(_ plan: StartPlan) async throws -> ForegroundProgram

    /// Where the daemon's binary is, and where it was looked for.
    func locate(_ kind: DaemonKind) -> BinarySearch

    /// Where the launcher is, and where it was looked for.
    func locateLauncher() -> BinarySearch
}

extension DaemonControl {
    /// Starts the daemon unless it runs, and gives a way to talk to it. One that has gone in between is started once more.
    func connected(_ plan: StartPlan, narrate: @escaping Narrate) async throws -> any DaemonConnection {
        _ = try await start(plan, narrate: narrate)
        do {
            return try await connection(to: plan.id)
        } catch let error as KeeperError where error.isOfOneThatGoes {
            _ = try await start(plan, narrate: narrate)
            return try await connection(to: plan.id)
        }
    }
}

/// What to start, and how.
package struct StartPlan: Hashable, Sendable {
    package var id: DaemonID
    /// The TCP port; nil for the configured one, 0 for one that the kernel picks.
    package var port: Int?
    /// How long it stays unused; nil for the configured time.
    package var ttl: Duration?
    /// The program, instead of the one that is found.
    package var binary: String?
    /// How long it may take until it answers; nil for the usual 30 s.
    package var timeout: Duration?
    /// Replace a running daemon of another version or build.
    package var matchesBuild = false
    /// What a worker serves; nil for the other kinds.
    package var worker: WorkerPlan?

    package init(_ id: DaemonID) {
        self.id = id
    }
}

/// What a worker serves, and with what.
package struct WorkerPlan: Hashable, Sendable {
    package var model: String
    /// `builtin` or `command`; nil for what the configuration says of the model.
    package var engine: String?
    /// The name of a configured engine, for `command`.
    package var engineConfig: String?

    package init(model: String, engine: String? = nil, engineConfig: String? = nil) {
        self.model = model
        self.engine = engine
        self.engineConfig = engineConfig
    }
}

/// How to stop.
package struct StopOptions: Hashable, Sendable {
    /// Whether what the daemon owns is stopped with it.
    package var cascade = true
    /// How long it may finish what is in flight; nil for its own.
    package var grace: Duration?
    /// How long the whole stop may take; nil for what the rungs of the ladder add up to.
    package var timeout: Duration?

    package init() {}
}

/// A daemon that answered.
package struct StartedDaemon: Hashable, Sendable {
    package var id: DaemonID
    package var handle: DaemonHandle
    package var pid: Int32?
    package var version: String?

    package init(id: DaemonID, handle: DaemonHandle, pid: Int32?, version: String?) {
        self.id = id
        self.handle = handle
        self.pid = pid
        self.version = version
    }
}

/// A program to become with `execve`.
package struct ForegroundProgram: Hashable, Sendable {
    package var path: String
    /// All of them, the program's name first.
    package var arguments: [String]
    package var environment: [String: String]

    package init(path: String, arguments: [String], environment: [String: String]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }
}

/// Where a binary was looked for, and where it is.
package struct BinarySearch: Hashable, Sendable {
    package var name: String
    /// Nil when it is in none of the places.
    package var found: String?
    package var places: [String]

    package init(name: String, found: String?, places: [String]) {
        self.name = name
        self.found = found
        self.places = places
    }
}
