package import DaemonLifecycle

/// What runs an engine's program under a guard, so that the engine dies with its worker, with its whole tree.
package protocol EngineHost: Sendable {
    /// Starts the program. Returns as soon as it is running; it need not be ready.
    ///
    /// - Throws: `EngineError` with `.startFailed`, naming the step that failed.
    func start(_ launch: EngineLaunch) async throws(EngineError) -> any EngineProcess
}

/// A running engine.
package protocol EngineProcess: Sendable {
    /// Its process number.
    var pid: Int32 { get }

    /// Waits until it has ended, with everything it had started. May be asked any number of times.
    func ended() async -> EngineExit

    /// Kills it with everything it started and waits until all of it is gone.
    func stop() async
}

/// How an engine ended.
package struct EngineExit: Sendable, Equatable {
    /// Exit status or signal.
    package typealias End = ProcessEnd

    /// Exit status or signal.
    package var end: End
    /// The last of what it printed.
    package var output: String

    package init(end: End, output: String) {
        self.end = end
        self.output = output
    }
}

/// An engine's program with everything replaced: what is really started.
package struct EngineLaunch: Sendable, Equatable {
    /// Absolute path of the program.
    package var executable: String
    /// Its arguments, its name first.
    package var arguments: [String]
    /// Its complete environment.
    package var environment: [String: String]
    /// Where it runs.
    package var directory: String?

    package init(executable: String, arguments: [String], environment: [String: String], directory: String? = nil) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }
}
