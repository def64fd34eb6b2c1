public import ContextContract
internal import DaemonContract
public import DaemonLifecycle
internal import IPC
internal import Platform

/// Looks after the context daemon, and talks to it.
public actor ContextLifecycle: LifecycleActor {
    public nonisolated let lifecycle: DaemonLifecycle
    private var client: IPCClient<ContextRequest, ContextResponse>?

    /// - Parameters:
    ///   - instance: nil is the one everybody uses.
    ///   - timeToLive: how long it lives unused; zero never expires; nil takes the configured time, for ever by default.
    ///   - owner: in whose name it is started.
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    ///   - configure: the last word on how it is started.
    public init(
        instance: String? = nil, timeToLive: Duration? = nil, owner: String, home: String? = nil,
        configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws(LifecycleError) {
        var specification = try DaemonSpecification(kind: .context, instance: instance)
        specification.setOption("--ttl", timeToLive.map(DaemonSpecification.text))
        configure(&specification)
        lifecycle = try DaemonLifecycle(specification, owner: owner, home: home)
    }

    /// Asks the daemon, which is started if it does not run.
    ///
    /// When it turns out to be gone or closing, it is ensured once more, and the request repeated if it was never read or does no harm twice.
    ///
    /// - Parameters:
    ///   - request: what to ask.
    ///   - limit: how long the answer may take.
    /// - Throws: what `ensure` throws; `unreachable`; `timedOut`.
    public func request(_ request: ContextRequest, within limit: Duration = .seconds(30)) async throws(LifecycleError) -> ContextResponse {
        try await ensure()
        do throws(IPCError) {
            let response = try await ask(request, limit)
            guard response.isRefusedWhileClosing else { return response }
        } catch {
            client = nil
            let isHarmless = error.code == .unreachable || (error.code == .closed && request.isRepeatable)
            guard isHarmless else { throw failure(error) }
        }
        client = nil
        try await ensure()
        return try await asking(request, limit)
    }

    /// Asks the daemon if it runs; starts none.
    ///
    /// - Throws: `notRunning`, `unreachable`, `timedOut`.
    public func requestIfRunning(_ request: ContextRequest, within limit: Duration = .seconds(30)) async throws(LifecycleError)
        -> ContextResponse
    {
        guard try await find() != nil else {
            throw LifecycleError(
                .notRunning, "\(lifecycle.specification.id) is not running; start it: rbee-keeper context start",
                daemon: lifecycle.specification.id.description)
        }
        return try await asking(request, limit)
    }

    private func asking(_ request: ContextRequest, _ limit: Duration) async throws(LifecycleError) -> ContextResponse {
        do throws(IPCError) {
            return try await ask(request, limit)
        } catch {
            client = nil
            throw failure(error)
        }
    }

    private func ask(_ request: ContextRequest, _ limit: Duration) async throws(IPCError) -> ContextResponse {
        if let client { return try await client.send(request, within: limit) }
        let made = try connect()
        client = made
        return try await made.send(request, within: limit)
    }

    private func connect() throws(IPCError) -> IPCClient<ContextRequest, ContextResponse> {
        let (home, id) = (lifecycle.context.home, lifecycle.specification.id)
        do throws(SystemError) {
            guard let directory = try RunDirectory.open(home.run, create: false)?.subdirectory(id.kind.rawValue, create: false) else {
                throw SystemError(.invalidValue, "\(home.run)/\(id.kind) is gone")
            }
            return IPCClient(socket: try directory.connectSocket("\(id.instance).ipc.sock"), loop: lifecycle.context.loop)
        } catch {
            throw IPCError(.unreachable, error.message, underlying: error)
        }
    }

    private nonisolated func failure(_ error: IPCError) -> LifecycleError {
        let id = lifecycle.specification.id.description
        return LifecycleError(
            error.code == .timeout ? .timedOut : error.code == .cancelled ? .cancelled : .unreachable,
            "\(id): \(error.message); see: rbee-keeper context status", daemon: id, underlying: error)
    }
}

extension ContextResponse {
    /// Whether the daemon was closing and did nothing.
    fileprivate var isRefusedWhileClosing: Bool {
        if case .error(code: .shuttingDown, message: _) = self { return true }
        return false
    }
}

extension ContextRequest {
    /// Whether asking twice does no more than asking once.
    fileprivate var isRepeatable: Bool {
        switch self {
        case .checkInit, .getContext, .prepareContext, .notifyFileChange, .status, .ping: true
        case .initProject, .graftExperience, .shutdown: false
        }
    }
}
