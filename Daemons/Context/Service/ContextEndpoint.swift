internal import ContextContract
internal import DaemonContract
internal import DaemonRuntime
internal import IPC
internal import Platform

/// Answers the requests of clients.
struct ContextEndpoint: IPCService {
    let context: DaemonContext
    let projects: ProjectManager
    let queue: WorkQueue
    let figures: RequestFigures

    func handle(_ request: ContextRequest, from peer: PeerCredentials) async -> ContextResponse {
        let begun = MonotonicTime.now
        // Looking keeps nothing alive; everything else does for as long as it takes.
        let work = request == .status ? nil : context.lifetime.beginWork()
        guard request == .status || work != nil else { return answer(to: .draining) }
        let response: ContextResponse
        do throws(ProjectError) {
            response = try await perform(request)
        } catch {
            response = .error(code: Self.code(of: error), message: error.message)
        }
        work?.end()
        figures.count(nanoseconds: MonotonicTime.now - begun)
        return response
    }

    private func perform(_ request: ContextRequest) async throws(ProjectError) -> ContextResponse {
        switch request {
        case .ping:
            return .ok(.pong(timestamp: WallClock.seconds))
        case .status:
            return .ok(.status(await status()))
        case .checkInit(let cwd):
            let known = try await projects.known(cwd)
            return .ok(.initStatus(initialized: known != nil, project: known))
        case .initProject(let cwd, let asyncMode):
            return .ok(try await projects.initialize(cwd, inBackground: asyncMode).map { .project($0) })
        case .getContext(let cwd, let prompt):
            let entry = try await projects.context(cwd, prompt: prompt)
            return .ok(.context(entry.text, nodes: entry.nodes))
        case .prepareContext(let cwd, let prompt):
            return try await later("prepare a context") { () throws(ProjectError) in try await projects.prepare(cwd, prompt: prompt) }
        case .notifyFileChange(let cwd, let path, let change):
            return try await later("note a change") { () throws(ProjectError) in try await projects.changed(cwd, path, change) }
        case .graftExperience(let cwd, let experience):
            return try await later("keep an experience") { () throws(ProjectError) in try await projects.graft(cwd, experience) }
        case .shutdown:
            context.shutDown(cascade: true)
            return .ack
        }
    }

    /// Acknowledges what is done in its turn. What fails then can only be logged.
    private func later(
        _ what: String, _ body: @escaping @Sendable () async throws(ProjectError) -> Void
    ) async throws(ProjectError) -> ContextResponse {
        let kept = context.lifetime.beginWork()
        let isTaken = await queue.add { [log = context.log] in
            do throws(ProjectError) {
                try await body()
            } catch {
                log.warning("Something that was acknowledged could not be done.", ["what": .text(what), "why": .text(error.message)])
            }
            kept?.end()
        }
        guard isTaken else { throw ProjectError(.overloaded, "too much is waiting to be done: try again later") }
        return .ack
    }

    private func status() async -> ContextStatus {
        let (hits, misses) = (await projects.hits, await projects.misses)
        let (total, mean) = figures.now
        return ContextStatus(
            version: context.info.version, uptimeSecs: figures.uptimeSeconds, projectsLoaded: await projects.count,
            memoryUsageBytes: MemoryWatch.resident, requestsTotal: total,
            cacheHitRate: hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses), avgLatencyMs: mean)
    }

    func answer(to refusal: IPCRefusal) -> ContextResponse {
        switch refusal {
        case .malformed(let why), .unknown(let why): .error(code: .invalidRequest, message: why)
        case .stalled(let limit): .error(code: .timeout, message: "the message was not complete within \(DurationText.format(limit))")
        case .overloaded(let limit): .error(code: .overloaded, message: "all \(limit) connections are in use: try again later")
        case .draining: .error(code: .shuttingDown, message: "the daemon is closing: the next command starts another")
        case .unanswerable(let why): .error(code: .internalError, message: why)
        }
    }

    /// What the client got wrong is told apart from what the daemon could not do.
    private static func code(of error: ProjectError) -> ContextErrorCode {
        switch error.code {
        case .notInitialized: .notInitialized
        case .invalidPath, .alreadyInitialized: .invalidRequest
        case .overloaded: .overloaded
        default: .internalError
        }
    }
}
