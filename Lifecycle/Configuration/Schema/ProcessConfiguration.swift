/// A plain program that the hive keeps running.
package struct ProcessConfiguration: Hashable, Sendable {
    /// When it is started again after it has ended by itself.
    package enum Restart: String, Hashable, Sendable, CaseIterable {
        case always
        /// Not after it has exited with status 0.
        case onFailure = "on-failure"
        case never
    }

    /// The name commands call it by.
    package var name: String
    /// The program, an absolute path or a name in `PATH`, and its arguments.
    package var command: [String]
    /// The directory the program is started in; `/` if absent.
    package var directory: String?
    /// Variables added to the program's environment.
    package var environment: [String: String]
    /// The URL that answers with success once the program can serve, like `http://127.0.0.1:8080/health`.
    package var health: String?
    /// Whether the program says `READY=1` to `NOTIFY_SOCKET` once it can serve.
    package var notifies: Bool
    /// When it is started again.
    package var restart: Restart
    /// Whether the hive starts it without being asked.
    package var isAutomatic: Bool
    /// How long the program may take until it can serve; the general setting if absent.
    package var startTimeout: Duration?
    /// How long the program may take to end after SIGTERM; the general setting if absent.
    package var termination: Duration?

    /// Makes a program.
    package init(
        name: String, command: [String], directory: String? = nil, environment: [String: String] = [:], health: String? = nil,
        notifies: Bool = false, restart: Restart = .always, isAutomatic: Bool = true, startTimeout: Duration? = nil,
        termination: Duration? = nil
    ) {
        self.name = name
        self.command = command
        self.directory = directory
        self.environment = environment
        self.health = health
        self.notifies = notifies
        self.restart = restart
        self.isAutomatic = isAutomatic
        self.startTimeout = startTimeout
        self.termination = termination
    }
}

/// The plain programs that the hive keeps running, by name.
package struct ProcessConfigurations: Hashable, Sendable {
    /// The programs, sorted by name.
    package let processes: [ProcessConfiguration]

    /// Makes a table; the names differ.
    package init(_ processes: [ProcessConfiguration]) {
        self.processes = processes.sorted { $0.name < $1.name }
    }

    /// No programs.
    package static let empty = ProcessConfigurations([])
}
