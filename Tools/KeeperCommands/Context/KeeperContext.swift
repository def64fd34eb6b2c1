package import Platform

/// Everything a command may touch. A test gives what its command needs; anything else fails the test.
package struct KeeperContext: Sendable {
    package var table: CommandTable
    package var arguments: Arguments
    package var environment: [String: String]
    package var output: Output
    package var clock: any KeeperClock
    package var interrupts: any InterruptSource
    /// What `-` reads.
    package var input: any TextSource
    /// Where everything lies; asked for only by commands that need it.
    package var home: @Sendable () throws -> RbeeHome
    package var settings: @Sendable () throws -> any KeeperSettings
    package var daemons: @Sendable () throws -> any DaemonControl
    package var installer: @Sendable () throws -> any BinaryInstaller
    package var probes: @Sendable () throws -> any SystemProbes

    package init(
        table: CommandTable, arguments: Arguments, environment: [String: String], output: Output, clock: any KeeperClock,
        interrupts: any InterruptSource, input: any TextSource, home: @escaping @Sendable () throws -> RbeeHome,
        settings: @escaping @Sendable () throws -> any KeeperSettings, daemons: @escaping @Sendable () throws -> any DaemonControl,
        installer: @escaping @Sendable () throws -> any BinaryInstaller, probes: @escaping @Sendable () throws -> any SystemProbes
    ) {
        self.table = table
        self.arguments = arguments
        self.environment = environment
        self.output = output
        self.clock = clock
        self.interrupts = interrupts
        self.input = input
        self.home = home
        self.settings = settings
        self.daemons = daemons
        self.installer = installer
        self.probes = probes
    }
}

/// Where `-` reads text from.
package protocol TextSource: Sendable {
    /// All of it, as UTF-8 text.
    func readToEnd() throws -> String
}

/// Tells when somebody wants it to end: Ctrl-C (SIGINT), SIGTERM, or SIGHUP when the terminal goes away.
package protocol InterruptSource: Sendable {
    /// Calls the body once, at the first interrupt, with the number of its signal. A second one ends the process at once.
    ///
    /// - Returns: what to call when interrupts are of no interest any more.
    func onInterrupt(_ body: @escaping @Sendable (Int32) -> Void) throws -> @Sendable () -> Void
}

extension KeeperContext {
    /// The daemons, for a command that starts or stops some: first the run directory is put in order, and it is said what was found.
    func tidiedDaemons() async throws -> any DaemonControl {
        let control = try daemons()
        for notice in try await control.tidyUp() { output.warning(notice) }
        return control
    }

    /// Runs the operation so that Ctrl-C cancels it.
    ///
    /// - Parameter meaning: what is left after an interrupt, for the message.
    /// - Throws: `interrupted` (exit 130, or 129 and 143 after SIGHUP and SIGTERM) when it was cancelled that way.
    func interruptible<Result: Sendable>(_ meaning: String, _ operation: @escaping @Sendable () async throws -> Result) async throws
        -> Result
    {
        let task = Task { try await operation() }
        let interruption = FirstValue<Int32>()
        let unwatch = try interrupts.onInterrupt { signal in
            interruption.set(signal)
            task.cancel()
        }
        defer { unwatch() }
        do {
            return try await task.value
        } catch let error where !(error is OutputError) {
            guard let signal = interruption.value else { throw error }
            throw KeeperError.interrupted(by: signal, meaning, underlying: error)
        }
    }

    /// As ``waiting(_:_:)``, for what must not be cancelled halfway: at Ctrl-C it is left alone, and goes on as long as this process does.
    func leaving<Result: Sendable>(
        _ meaning: String, _ operation: @escaping @Sendable (@escaping Narrate) async throws -> Result
    ) async throws -> Result {
        let progress = Progress(output, environment: environment)
        let interrupts = interrupts, clock = clock
        return try await Leavable.value {
            try await progress.during(clock: clock) { try await operation { progress.step($0) } }
        } unless: { leave in
            try interrupts.onInterrupt { signal in
                progress.clear()
                leave(KeeperError.interrupted(by: signal, meaning))
            }
        }
    }

    /// Runs the operation with a moving progress line on a terminal, and so that Ctrl-C cancels it.
    func waiting<Result: Sendable>(
        _ meaning: String, _ operation: @escaping @Sendable (@escaping Narrate) async throws -> Result
    ) async throws -> Result {
        let progress = Progress(output, environment: environment)
        return try await interruptible(meaning) { [clock] in
            try await progress.during(clock: clock) { try await operation { progress.step($0) } }
        }
    }
}

extension KeeperError {
    /// Somebody wanted it to end: as a shell shows a program that the signal ended.
    static func interrupted(by signal: Int32, _ meaning: String, underlying: (any Error)? = nil) -> KeeperError {
        KeeperError(
            .interrupted, "interrupted; \(meaning)", next: [], exit: ExitCode(rawValue: 128 + signal), underlying: underlying)
    }
}
