package import DaemonContract
package import HTTP

/// A plain program to be kept running: one that knows nothing of us.
package struct ProgramSpecification: Sendable, Hashable {
    /// When it is started again after it has ended by itself.
    package enum Restart: String, Sendable, Hashable, CaseIterable {
        case always
        /// Not after it has exited with status 0.
        case onFailure = "on-failure"
        case never
    }

    /// How it is known that it can serve.
    package enum Readiness: Sendable, Hashable {
        /// It runs, which is all that can be seen.
        case running
        /// It says `READY=1` to `NOTIFY_SOCKET`.
        case notified
        /// This answers with success.
        case health(endpoint: HTTPEndpoint, target: String)
    }

    /// `process/NAME`.
    package var id: DaemonID
    /// The program, an absolute path or a name in `PATH`, and its arguments.
    package var command: [String]
    /// The folder it is started in; `/` if absent.
    package var directory: String?
    /// What its environment has beyond that of whoever supervises it.
    package var environment: [String: String]
    package var readiness: Readiness
    package var restart: Restart
    /// Whether it is started without being asked for.
    package var isAutomatic: Bool
    /// How long it may take from its launch until it can serve.
    package var startTimeout: Duration
    /// How long its tree may take to end after SIGTERM, before it is killed.
    package var termination: Duration

    package init(
        id: DaemonID, command: [String], directory: String? = nil, environment: [String: String] = [:], readiness: Readiness = .running,
        restart: Restart = .always, isAutomatic: Bool = true, startTimeout: Duration = .seconds(30), termination: Duration = .seconds(3)
    ) {
        self.id = id
        self.command = command
        self.directory = directory
        self.environment = environment
        self.readiness = readiness
        self.restart = restart
        self.isAutomatic = isAutomatic
        self.startTimeout = startTimeout
        self.termination = termination
    }
}
