internal import Configuration
internal import DaemonContract
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Platform

/// The main of every daemon.
package enum DaemonMain {
    /// Runs a daemon until it ends. Called first thing in `main.swift`; never returns.
    ///
    /// Exit codes: 0 drained, 64 usage, 70 the service failed, 71 the system refused, 75 another process is this daemon, 78 configuration;
    /// 128 + n when a second signal n cut the drain.
    package static func run(_ definition: DaemonDefinition) -> Never {
        // Environment, mask and signals belong to the main thread, before there is any other.
        signal(SIGPIPE, SIG_IGN)
        // A daemon outlives its terminal, and looks for itself whether its log was moved away.
        signal(SIGHUP, SIG_IGN)
        umask(0o077)
        let start = StartEnvironment.take()
        do {
            try begin(definition, start)
        } catch {
            fail(definition.name, error)
        }
        // The daemon lives on its loop's thread; it ends by exiting.
        while true { pause() }
    }

    private static func begin(_ definition: DaemonDefinition, _ start: StartEnvironment) throws {
        let arguments = try CommandArguments(CommandLine.arguments.dropFirst(), options: definition.allOptions)
        if arguments.has("--help") {
            StandardError.write(definition.help, to: STDOUT_FILENO)
            exit(0)
        }
        if arguments.has("--version") {
            StandardError.write("\(definition.name) \(RbeeVersion.current)\n", to: STDOUT_FILENO)
            exit(0)
        }
        try definition.check(arguments)
        let home = try RbeeHome.fromEnvironment(start.variables)
        let settings = try DaemonSettings.resolve(definition, arguments, start, home)
        let claim = try claim(settings.id, home, start, yields: arguments.has("--yield"))
        let runtime = try makeRuntime(definition, settings, home, arguments, start, claim)
        Task(executorPreference: runtime.context.loop) {
            do {
                try await runtime.begin()
            } catch {
                runtime.context.presence.removeSockets()
                runtime.context.log.error("The daemon did not come up.", ["why": .describing(error)])
                runtime.context.log.flush()
                fail(definition.name, error)
            }
        }
    }

    /// - Parameter yields: end well when another process is this daemon: a service manager that starts again whatever fails would go on and on.
    private static func claim(_ id: DaemonID, _ home: RbeeHome, _ start: StartEnvironment, yields: Bool) throws(StartError) -> Claim {
        do throws(StartError) {
            return try Claim.make(id, home: home, start: start)
        } catch {
            guard yields, error.code == .lockLost else { throw error }
            StandardError.say("\(id): \(error.message); leaving it to that")
            exit(0)
        }
    }

    private static func makeRuntime(
        _ definition: DaemonDefinition, _ settings: DaemonSettings, _ home: RbeeHome, _ arguments: CommandArguments,
        _ start: StartEnvironment, _ claim: Claim
    ) throws -> DaemonRuntime {
        let log = JSONLinesLog(level: LogLevel(rawValue: settings.configuration[Settings.logLevel]) ?? .info)
        log.mirrorToStandardError(!claim.isInherited)
        do throws(SystemError) {
            _ = try RunDirectory.make(home.logs)
            log.open(directory: home.logs, name: "\(settings.id.kind)-\(settings.id.instance).log")
        } catch {
            // A daemon without a log is better than none.
            StandardError.say("\(definition.name): no log: \(error.message)")
        }
        for key in settings.configuration[Settings.apiKeys] { log.conceal(key) }
        for problem in settings.problems { log.warning("The configuration has a problem.", ["problem": .text(problem)]) }
        let token = try TokenFile(runPath: home.run, log: log)
        let record = DaemonRecord(
            kind: settings.id.kind, instance: settings.id.instance, nonce: claim.nonce.text, pid: claim.process.pid,
            startTicks: claim.process.startTicks, bootID: claim.process.bootID, pidNamespace: claim.process.pidNamespace,
            owner: settings.owner, state: .starting,
            socket: "\(home.run)/\(settings.id.kind)/\(PresenceFile.controlSocket(settings.id.instance))", buildID: BuildIdentifier.running,
            ttlSecs: WireSeconds.seconds(settings.ttl),
            graceMs: Int(settings.configuration[Settings.stopGrace].clampedNanoseconds / 1_000_000),
            startedAt: UInt64(max(0, time(nil))))
        let presence = Presence(claim, id: settings.id, runPath: home.run, record: record)
        let context = DaemonContext(
            settings: settings, loop: .shared, home: home, arguments: arguments, start: start, log: log, token: token,
            presence: presence)
        return try DaemonRuntime(definition, context: context, start: start)
    }

    private static func fail(_ name: String, _ error: any Error) -> Never {
        switch error {
        case let error as UsageError:
            StandardError.say("\(name): \(error.message); see: \(name) --help")
            _exit(StartError.Code.usage.rawValue)
        case let error as StartError:
            StandardError.say("\(name): \(error.message)")
            _exit(error.code.rawValue)
        case let error as SystemError:
            StandardError.say("\(name): \(error.message)")
            _exit(StartError.Code.system.rawValue)
        case let error as HTTPError:
            StandardError.say("\(name): \(error.message)")
            _exit(StartError.Code.system.rawValue)
        default:
            StandardError.say("\(name): \(error)")
            _exit(StartError.Code.software.rawValue)
        }
    }
}
