internal import DaemonContract
package import DaemonLifecycle
package import EventLoop
package import Platform

/// Runs engines under the guard of `rbee-launch`.
///
/// The guard holds the engine's lock, keeps its output, and kills the engine's whole tree when this process ends or asks for it.
package struct GuardedEngineHost: EngineHost {
    /// How long the guard of an engine before this one may take to clear up.
    private static let patience: Duration = .seconds(10)

    private let launcher: any Launcher
    private let loop: EventLoop
    private let nonce: String
    private let files: EngineFiles

    /// - Parameters:
    ///   - nonce: the worker's; by it the engine is known as part of the worker's tree.
    package init(launcher: any Launcher, loop: EventLoop, nonce: String, files: EngineFiles) {
        self.launcher = launcher
        self.loop = loop
        self.nonce = nonce
        self.files = files
    }

    package func start(_ launch: EngineLaunch) async throws(EngineError) -> any EngineProcess {
        var environment = launch.environment
        environment[DaemonEnvironment.nonce] = nonce
        let specification = LaunchSpecification(
            id: "engine", executable: launch.executable, arguments: launch.arguments, environment: environment, lock: files.lockPath,
            nonce: nonce, lastEnd: files.lastEndPath, log: files.logPath, workingDirectory: launch.directory, endOfInput: .kill,
            isGuarded: true)
        let clock = ContinuousClock()
        let end = clock.now + Self.patience
        while true {
            let process = GuardedEngine(loop: loop, nonce: nonce, files: files)
            switch try await process.begin(specification, by: launcher) {
            case .started:
                return process
            case .failed(let stage, let errno):
                throw EngineError(
                    .startFailed, "the engine's program \(launch.executable) could not be started: \(stage): \(SystemError.text(of: errno))"
                )
            case .lost, .ended, .closed:
                // The guard of the one before kills what is left of it, which takes milliseconds, and holds the lock until then. Or our own was killed
                // before it had said a word, and its engine with it.
                guard clock.now < end else {
                    throw EngineError(
                        .startFailed,
                        "another engine of this worker is still running: its guard holds \(files.lockPath) and has not ended within \(Self.patience)"
                    )
                }
                try? await loop.sleep(for: .milliseconds(20))
                if Task.isCancelled { throw EngineError(.cancelled, "the engine was stopped while it started") }
            }
        }
    }
}

/// Where the guard of a worker's engine keeps what it needs.
package struct EngineFiles: Sendable {
    let directory: RunDirectory
    private let instance: String
    /// Where the engine's output is kept; nil: only its end is, for errors.
    let logPath: String?

    /// - Parameters:
    ///   - run: the run directory.
    ///   - logs: the directory of logs, which exists; nil keeps none.
    ///   - instance: the worker's instance.
    package init(run: RunDirectory, logs: String?, instance: String) throws(SystemError) {
        directory = try run.makeSubdirectory("engines")
        self.instance = instance
        logPath = logs.map { "\($0)/worker-\(instance)-engine.log" }
    }

    var lockPath: String { "\(directory.path)/\(instance).lock" }
    var lastEndPath: String { "\(directory.path)/\(lastEndName)" }

    /// How the engine with this number ended, as its guard wrote it down.
    func lastEnd(nonce: String, pid: Int32) -> LastEnd? {
        // What cannot be read is an end without words.
        guard let bytes = try? directory.read(lastEndName), let end = try? ContractJSON.decode(LastEnd.self, from: bytes) else {
            return nil
        }
        return end.nonce == nonce && end.pid == pid ? end : nil
    }

    private var lastEndName: String { "\(instance).last.json" }
}
