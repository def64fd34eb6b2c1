internal import DaemonContract
internal import FoundationEssentials
internal import Platform

extension Keeper {
    /// The keeper on the real machine: this process's streams, environment, home and daemons.
    package static func live() -> Keeper {
        let environment = ProcessInfo.processInfo.environment
        return Keeper(results: DescriptorSink.standardOutput, narration: DescriptorSink.standardError, environment: environment) {
            table, arguments, environment, output in
            let places = LiveHome(environment: environment)
            return KeeperContext(
                table: table, arguments: arguments, environment: environment, output: output, clock: SystemKeeperClock(),
                interrupts: SignalInterrupts(), input: StandardInput(),
                home: { try places.home() },
                settings: { LiveSettings(home: try places.home(), environment: environment) },
                daemons: { LiveDaemons(home: try places.home(), root: places.root, environment: environment) },
                installer: { try LiveInstaller(root: places.root) },
                probes: { LiveProbes() })
        }
    }
}

/// Where everything lies, as the environment says.
struct LiveHome: Sendable {
    let environment: [String: String]

    /// The folder that `RBEE_HOME` names; nil without one.
    var root: String? {
        environment[DaemonEnvironment.home].flatMap { $0.isEmpty ? nil : $0 }
    }

    func home() throws -> RbeeHome {
        try RbeeHome.fromEnvironment(environment)
    }
}
