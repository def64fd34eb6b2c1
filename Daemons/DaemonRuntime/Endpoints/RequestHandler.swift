internal import Configuration
internal import DaemonContract
internal import Glibc
internal import HTTP
internal import Synchronization

/// Answers the requests of a daemon: who may, which route, whether it comes at a time when it is answered, and what it keeps alive.
final class RequestHandler: Sendable {
    /// Where the daemon is in its course, as requests see it.
    enum Phase: UInt8, AtomicRepresentable {
        case starting, serving, draining
    }

    private let table: RouteTable<Router.Route>
    private let rule: AccessRule
    let peers = RequestPeers()
    private let origins: HostRule
    private let token: TokenFile
    private let lifetime: Lifetime
    private let draining: DrainSignal
    private let log: JSONLinesLog
    private let phaseNow = Atomic<Phase>(.starting)
    private let counts = Mutex<[Int: UInt64]>([:])

    init(_ router: Router, context: DaemonContext) {
        table = router.table
        let configuration = context.configuration
        var hosts = configuration[Settings.httpHosts]
        if let host = context.settings.listener?.host { hosts.append(host) }
        origins = HostRule(hosts: hosts, origins: configuration[Settings.httpOrigins])
        rule = AccessRule(uid: geteuid(), keys: configuration[Settings.apiKeys], hosts: origins)
        token = context.tokenFile
        lifetime = context.lifetime
        draining = context.draining
        log = context.log
    }

    var phase: Phase {
        get { phaseNow.load(ordering: .acquiring) }
        set { phaseNow.store(newValue, ordering: .releasing) }
    }

    /// Answers given.
    var requests: UInt64 {
        counts.withLock { $0.values.reduce(0, +) }
    }

    /// Answers given, by status.
    var answers: [Int: UInt64] {
        counts.withLock { $0 }
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        var response = await answer(request)
        // A page of an allowed origin may read the answer; which one asked is what the answer depends on.
        if let origin = request.headers["Origin"], origins.allows(origin: origin) {
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"
        }
        let status = response.status.code
        counts.withLock { $0[status, default: 0] += 1 }
        return response
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let match = table.match(request.method.rawValue, target: Self.path(of: request.target))
        switch match {
        case .found(let route, let parameters):
            let isOpenAI = route.access == .openAI
            do {
                try admit(request, route.access)
                return try await perform(route, request, RouteParameters(parameters))
            } catch {
                let error = RequestError(error)
                if error.status >= 500, error.status != 503 {
                    log.error(
                        "A request failed.", ["path": .text(request.path), "status": .number(error.status), "why": .text(error.message)])
                }
                return error.response(isOpenAI: isOpenAI)
            }
        case .options(let allowed), .methodNotAllowed(let allowed):
            let isOpenAI = allowed.contains { isOpenAIRoute($0, request.target) }
            if let refusal = refusal(request, .probe) { return refusal.response(isOpenAI: isOpenAI) }
            if case .options = match { return Self.options(allowed) }
            return RequestError.methodNotAllowed(request.method.rawValue, allowed: allowed).response(isOpenAI: isOpenAI)
        case .notFound:
            let refusal = refusal(request, .probe) ?? .notFound("there is no \(request.path) here")
            return refusal.response(isOpenAI: false)
        case .malformed:
            return RequestError.bad("the path is malformed").response(isOpenAI: false)
        }
    }

    /// Whether the errors of a path are in OpenAI's shape.
    private func isOpenAIRoute(_ method: String, _ target: String) -> Bool {
        guard case .found(let route, _) = table.match(method, target: Self.path(of: target)) else { return false }
        return route.access == .openAI
    }

    /// The target without the scheme and host that an absolute one has; the server has seen to it that they are those of `Host`.
    private static func path(of target: String) -> Substring {
        guard !target.hasPrefix("/"), let mark = target.firstRange(of: "://") else { return target[...] }
        let path = target[mark.upperBound...].drop { $0 != "/" && $0 != "?" }
        return path.isEmpty ? "/" : path
    }

    private static func options(_ allowed: [String]) -> HTTPResponse {
        let list = allowed.joined(separator: ", ")
        var response = HTTPResponse(status: HTTPStatus(204), content: .bytes([]))
        response.headers["Allow"] = list
        response.headers["Access-Control-Allow-Methods"] = list
        response.headers["Access-Control-Allow-Headers"] = "authorization, content-type, last-event-id"
        return response
    }

    private func perform(_ route: Router.Route, _ request: HTTPRequest, _ parameters: RouteParameters) async throws -> HTTPResponse {
        switch phase {
        case .starting where !route.answersWhileStarting: throw RequestError.starting
        case .draining where !route.answersWhileStarting: throw RequestError.draining
        case .starting, .serving, .draining: break
        }
        switch route.use {
        case .looks:
            var response = try await route.handler(request, parameters)
            if case .stream(let body) = response.content { response.content = .stream(cuttable(body)) }
            return response
        case .uses:
            guard let work = lifetime.beginWork() else { throw RequestError.draining }
            var response = try await route.handler(request, parameters)
            if case .stream(let body) = response.content {
                response.content = .stream { writer in
                    defer { work.end() }
                    try await body(writer)
                }
            } else {
                work.end()
            }
            return response
        }
    }

    /// A stream that only looks has no end of its own: it ends when the daemon drains.
    private func cuttable(_ body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void)
        -> @Sendable (HTTPBodyWriter) async throws -> Void
    {
        { [draining] writer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await body(writer) }
                group.addTask { await draining.wait() }
                defer { group.cancelAll() }
                do {
                    try await group.next()
                } catch is CancellationError where draining.hasFired {
                    // Cut, and so at its end.
                }
            }
        }
    }

    private func admit(_ request: HTTPRequest, _ access: AccessRule.Access) throws(RequestError) {
        if let refusal = refusal(request, access) { throw refusal }
    }

    private func refusal(_ request: HTTPRequest, _ access: AccessRule.Access) -> RequestError? {
        func judge(by token: String) -> AccessRule.Refusal? {
            rule.refusal(
                access, peer: peers.peer(of: request.peer), host: request.headers["Host"], origin: request.headers["Origin"],
                authorization: request.headers["Authorization"], token: token)
        }
        var refusal = judge(by: token.text)
        // Whoever comes with another token may have read it a moment ago, and we not yet.
        if refusal == .tokenWrong { refusal = judge(by: token.current) }
        guard let refusal else { return nil }
        log.notice("A request was refused.", ["path": .text(request.path), "why": .describing(refusal)])
        switch refusal {
        case .otherUser: return .forbidden("this daemon serves another user; send the token of its run directory", code: "other_user")
        case .host: return .forbidden("the Host is not one of this daemon's names", code: "host_not_allowed")
        case .origin: return .forbidden("the Origin is not allowed", code: "origin_not_allowed")
        case .tokenMissing: return .unauthorized("the token of the run directory is needed: Authorization: Bearer <run/token>")
        case .tokenWrong: return .unauthorized("this is not the token of the run directory")
        case .keyMissing: return .unauthorized("an API key is needed: Authorization: Bearer <key>")
        case .keyWrong: return .unauthorized("this API key is not known")
        }
    }
}
