package import Configuration
package import DaemonContract
internal import Glibc
package import Platform

/// What every daemon is told about itself, worked out from command line, environment and configuration file.
package struct DaemonSettings: Sendable {
    /// Where it listens on TCP.
    package struct Listener: Hashable, Sendable {
        /// An address or name of this machine.
        package var host: String
        /// 0 lets the kernel pick one.
        package var port: UInt16
    }

    package var id: DaemonID
    package var owner: String?
    /// `nil` when it does not listen on TCP.
    package var listener: Listener?
    /// How long it stays without being used; zero for ever.
    package var ttl: Duration
    /// All of the configuration, for what is particular to the daemon.
    package var configuration: Configuration
    /// What is wrong in the configuration without keeping this daemon from starting.
    package var problems: [String] = []

    /// Works out the settings.
    ///
    /// - Throws: ``UsageError`` for the command line, ``StartError`` (78) naming file, line and key for the configuration.
    package static func resolve(
        _ definition: DaemonDefinition, _ arguments: CommandArguments, _ start: StartEnvironment, _ home: RbeeHome
    ) throws -> DaemonSettings {
        let id: DaemonID
        do throws(ContractError) {
            id = try DaemonID(kind: definition.kind, instance: arguments.value("--instance"))
        } catch {
            throw UsageError("--instance: \(error.message)")
        }
        let (configuration, problems) = try configuration(definition.kind, arguments, start, home)
        let owner = arguments.value("--owner") ?? start.owner
        if let owner, !OwnerName.isValid(owner) {
            throw UsageError("--owner: \"\(owner)\" is no owner: expected a name like keeper or hive/localhost")
        }
        return DaemonSettings(
            id: id, owner: owner, listener: try listener(definition, arguments, configuration),
            ttl: try ttl(definition, arguments, configuration), configuration: configuration, problems: problems)
    }

    private static func configuration(
        _ kind: DaemonKind, _ arguments: CommandArguments, _ start: StartEnvironment, _ home: RbeeHome
    ) throws -> (Configuration, problems: [String]) {
        var flags: [String: String] = [:]
        if let level = arguments.value("--log-level") {
            guard LogLevel(rawValue: level) != nil else {
                let words = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("--log-level: \"\(level)\" is no level: expected one of \(words)")
            }
            flags[Settings.logLevel.key.name] = level
        }
        let named = arguments.value("--config")
        if let named, access(named, R_OK) != 0 {
            throw StartError(.configuration, "\(named): cannot be read: \(SystemError.text(of: errno))")
        }
        let (configuration, problems) = Configuration.load(file: named ?? home.configFile, environment: start.variables, flags: flags)
        let faults = problems.filter { !$0.kind.isWarning && concerns(kind, $0.key) }
        guard faults.isEmpty else { throw StartError(.configuration, faults.map(\.description).joined(separator: "\n")) }
        return (configuration, problems.map(\.description))
    }

    /// Whether a daemon of this kind must not start with a bad value of a key: one of its own or of all daemons. A model or a program that is
    /// wrong is missing where it is asked for, and another kind's keys are another kind's business.
    static func concerns(_ kind: DaemonKind, _ key: String?) -> Bool {
        guard let first = key?.split(separator: ".").first.map(String.init) else { return true }
        return ![Settings.models.key.name, Settings.processes.key.name].contains(first)
            && (first == kind.rawValue || !DaemonKind.known.map(\.rawValue).contains(first))
    }

    private static func listener(
        _ definition: DaemonDefinition, _ arguments: CommandArguments, _ configuration: Configuration
    ) throws(UsageError) -> Listener? {
        let given = try arguments.port("--port")
        guard definition.listensOnTCP || given != nil else { return nil }
        let configured = Settings.port(of: definition.kind).map { UInt16(clamping: configuration[$0]) }
        let host = Settings.host(of: definition.kind).map { configuration[$0] } ?? "127.0.0.1"
        return Listener(host: host, port: given ?? configured ?? definition.kind.defaultPort ?? 0)
    }

    private static func ttl(
        _ definition: DaemonDefinition, _ arguments: CommandArguments, _ configuration: Configuration
    ) throws(UsageError) -> Duration {
        if let given = try arguments.duration("--ttl") { return given }
        return Settings.ttl(of: definition.kind).map { configuration[$0] } ?? definition.defaultTTL
    }
}
