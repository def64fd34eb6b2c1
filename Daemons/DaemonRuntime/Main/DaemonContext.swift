package import Configuration
package import DaemonContract
package import EventLoop
package import Platform
internal import Synchronization

/// What a daemon's service is given: everything it shares with the runtime.
package final class DaemonContext: Sendable {
    /// Which daemon this is.
    package let id: DaemonID
    /// The loop it serves on: the executor of its actors.
    package let loop: EventLoop
    package let home: RbeeHome
    /// Command line and configuration, worked out.
    package let settings: DaemonSettings
    package let arguments: CommandArguments
    package var configuration: Configuration { settings.configuration }
    /// The environment it was started with, in full.
    package let environment: [String: String]
    package let log: JSONLinesLog
    /// What keeps it alive.
    package let lifetime: Lifetime
    package let jobs: JobRegistry
    /// The token of this run directory, for calls to other daemons over TCP.
    package var token: String { tokenFile.current }
    /// Says when the daemon begins to drain.
    package let draining: DrainSignal
    let presence: Presence
    let tokenFile: TokenFile
    private let notifier: ServiceNotifier?
    private let shutdown = Mutex<(@Sendable (_ cascade: Bool) -> Void)?>(nil)
    private let failure = Mutex<(@Sendable (StartError) -> Void)?>(nil)

    init(
        settings: DaemonSettings, loop: EventLoop, home: RbeeHome, arguments: CommandArguments, start: StartEnvironment, log: JSONLinesLog,
        token: TokenFile, presence: Presence
    ) {
        id = settings.id
        self.settings = settings
        self.loop = loop
        self.home = home
        self.arguments = arguments
        environment = start.variables
        notifier = start.notifier
        self.log = log
        tokenFile = token
        self.presence = presence
        lifetime = Lifetime(ttl: settings.ttl, loop: loop)
        jobs = JobRegistry(loop: loop, lifetime: lifetime)
        draining = DrainSignal()
    }

    /// Who the daemon is, as `/v1/info` says it; with its port once that is bound.
    package var info: DaemonInfo {
        let record = presence.record
        return DaemonInfo(
            name: id.kind.binaryName, kind: record.kind, instance: record.instance, nonce: record.nonce, pid: record.pid,
            version: record.version, buildID: record.buildID, protocolVersion: record.protocolVersion, baseURL: record.baseURL,
            port: record.port, socket: record.socket, owner: record.owner, startedAt: record.startedAt,
            state: record.state)
    }

    /// `run/<kind>`, as it is open now.
    package var runDirectory: RunDirectory { presence.directory }

    /// Tells people what is going on, in the daemon's name.
    package var narrator: Narrator {
        let actor = id.instance == id.kind.defaultInstance && id.kind == .queen ? id.kind.rawValue : id.description
        return Narrator(actor: actor, log: log)
    }

    /// Says that the start takes this much longer from now, and why, to whoever waits for it.
    package func extendStart(by span: Duration, _ status: String) {
        notifier?.extendTimeout(by: span)
        notifier?.status(status)
    }

    /// Makes a socket `run/<kind>/<instance>.<suffix>` (`grpc.sock`, `ipc.sock`) that is removed with the daemon's own, and made again
    /// when it was lost.
    ///
    /// - Parameter accept: called with the listening descriptor, now and whenever it had to be made again.
    package func listen(_ suffix: String, accept: @escaping @Sendable (Descriptor) -> Void) throws(SystemError) {
        try presence.listen(suffix, accept: accept)
    }

    /// Begins to drain, as `POST /v1/shutdown` does.
    ///
    /// - Parameter cascade: take down what it owns.
    package func shutDown(cascade: Bool) {
        shutdown.withLock { $0 }?(cascade)
    }

    /// Sets how long the daemon stays without being used, and says so in its record.
    package func setTTL(_ ttl: Duration) throws(SystemError) {
        lifetime.ttl = ttl
        try presence.updateRecord { $0.ttlSecs = WireSeconds.seconds(ttl) }
    }

    /// Says that the service broke while it served: the daemon drains and exits with the error's code.
    package func fail(_ error: StartError) {
        failure.withLock { $0 }?(error)
    }

    func onFailure(_ end: @escaping @Sendable (StartError) -> Void) {
        failure.withLock { $0 = end }
    }

    func onShutdown(_ begin: @escaping @Sendable (_ cascade: Bool) -> Void) {
        shutdown.withLock { $0 = begin }
    }
}
