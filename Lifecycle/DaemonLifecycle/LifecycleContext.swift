internal import DaemonContract
package import EventLoop
internal import FoundationEssentials
package import Platform

/// What every part of the lifecycle works with: whose run directory, in whose name, on which loop, by which launcher.
package struct LifecycleContext: Sendable {
    package let home: RbeeHome
    /// In whose name daemons are started.
    package let owner: String
    package let loop: EventLoop
    package let launcher: any Launcher
    /// What starts plain programs, which are of this host.
    let localLauncher: LocalLauncher
    let locator: BinaryLocator
    package let handles: HandleStore
    /// What daemons get of the starter's environment.
    let inheritedEnvironment: [String: String]
    /// The variables that say where everything is.
    let homeEnvironment: [String: String]

    /// - Parameters:
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    ///   - owner: a name like `keeper`, `hive/localhost` or a service's own.
    ///   - binDirectory: where programs are looked for first, unless `RBEE_BIN_DIR` says so.
    ///   - loop: the common one if absent.
    package init(
        home root: String?, owner: String, binDirectory: String? = nil, loop: EventLoop? = nil, launcher: (any Launcher)? = nil
    ) throws(LifecycleError) {
        var environment = ProcessInfo.processInfo.environment
        if let binDirectory, environment["RBEE_BIN_DIR"] == nil { environment["RBEE_BIN_DIR"] = binDirectory }
        guard OwnerName.isValid(owner) else {
            throw LifecycleError(.invalidArgument, "\"\(owner)\" is no owner: expected a name like keeper or hive/localhost")
        }
        let home = try Self.home(root)
        let loop = if let loop { loop } else { try Self.commonLoop() }
        self.home = home
        self.owner = owner
        self.loop = loop
        locator = BinaryLocator(home: home, environment: environment)
        localLauncher = LocalLauncher(home: home, environment: environment, loop: loop)
        self.launcher = launcher ?? localLauncher
        handles = HandleStore(home: home)
        inheritedEnvironment = environment.filter { !Self.isStartersOwn($0.key) }
        homeEnvironment = root.map { [DaemonEnvironment.home: $0] } ?? [:]
    }

    /// The directories that a root, or without one the environment, stands for.
    static func home(_ root: String?) throws(LifecycleError) -> RbeeHome {
        do {
            var environment = ProcessInfo.processInfo.environment
            if let root { environment[DaemonEnvironment.home] = root }
            return try RbeeHome.fromEnvironment(environment)
        } catch {
            throw LifecycleError(.invalidArgument, error.message, path: error.path, underlying: error)
        }
    }

    /// The loop of everybody who has none of his own.
    static func commonLoop() throws(LifecycleError) -> EventLoop {
        do throws(EventLoopError) {
            return try .common()
        } catch {
            throw LifecycleError(
                .noResources, "\(error.message); raise the limit of open files or threads (ulimit -n, ulimit -u)", underlying: error)
        }
    }

    /// Variables that speak of the starter's own service and would mislead a daemon.
    private static func isStartersOwn(_ name: String) -> Bool {
        switch name {
        case DaemonEnvironment.nonce, DaemonEnvironment.lockDescriptor, DaemonEnvironment.owner, DaemonEnvironment.notifySocket: true
        case "WATCHDOG_USEC", "WATCHDOG_PID", "INVOCATION_ID", "JOURNAL_STREAM": true
        default: name.hasPrefix("LISTEN_")
        }
    }
}
