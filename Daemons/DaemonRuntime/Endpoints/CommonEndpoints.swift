internal import DaemonContract
internal import HTTP
internal import OperationContract

/// What the runtime knows of itself when it is asked.
protocol RuntimeState: Sendable {
    var phase: RequestHandler.Phase { get async }
    var connections: Int { get async }
    var inFlight: Int { get async }
    var answers: [Int: UInt64] { get async }
    func serviceHealth() async -> HealthStatus
    func serviceMetrics() async -> [Metric]
    func shutDown(cascade: Bool, grace: Duration?) async
}

/// The endpoints of every daemon (DESIGN §5), over TCP and on its control socket.
struct CommonEndpoints: Sendable {
    let context: DaemonContext
    let state: any RuntimeState
    let started = Monotonic.now()

    func add(to router: inout Router) {
        router.isCommon = true
        defer { router.isCommon = false }
        router.get(DaemonPath.health, access: .probe) { _, _ in await health() }
        router.get(DaemonPath.info) { _, _ in .json(context.info) }
        router.get(DaemonPath.stats) { _, _ in .json(await stats()) }
        router.get(DaemonPath.metrics) { _, _ in await metrics() }
        router.post(DaemonPath.ping) { _, _ in .json(PingReply(ttlRemainingSecs: seconds(context.lifetime.remaining))) }
        router.post(DaemonPath.shutdown, use: .looks) { request, _ in try await shutDown(request) }
        router.put(DaemonPath.ttl) { request, _ in
            let wish = try ContractJSON.decode(TTLRequest.self, from: try await request.collectBody(upTo: 64 << 10))
            try context.setTTL(try wish.ttl())
            return .json(PingReply(ttlRemainingSecs: seconds(context.lifetime.remaining)))
        }
        LeaseEndpoints(context: context).add(to: &router)
    }

    private func health() async -> HTTPResponse {
        let health: HealthStatus =
            switch await state.phase {
            case .starting: .unhealthy(reason: "starting")
            case .draining: .unhealthy(reason: "draining")
            case .serving: await state.serviceHealth()
            }
        if health == .healthy { return Self.healthy }
        return .json(health, status: HTTPStatus(health.isOperational ? 200 : 503))
    }

    /// What is answered nearly always, encoded once.
    private static let healthy = HTTPResponse.json(HealthStatus.healthy)

    private func stats() async -> DaemonStats {
        let figures = ProcessFigures.now()
        let lifetime = context.lifetime
        return DaemonStats(
            uptimeSecs: Monotonic.now().since(started) / 1_000_000_000, requests: await state.answers.values.reduce(0, +),
            inFlight: await state.inFlight, connections: await state.connections, ttlSecs: WireSeconds.seconds(lifetime.ttl),
            ttlRemainingSecs: seconds(lifetime.remaining), leases: lifetime.leases.count, rssBytes: figures.rssBytes,
            pssBytes: figures.pssBytes, descriptors: figures.descriptors, threads: figures.threads)
    }

    private func metrics() async -> HTTPResponse {
        let stats = await stats()
        let figures = ProcessFigures.now()
        var metrics = [
            Metric("rbee_up", .gauge, "1 when ready.", await state.phase == .serving ? 1 : 0),
            Metric(
                "rbee_build_info", .gauge, "Always 1; the labels say what runs.", 1,
                labels: [
                    ("kind", context.id.kind.rawValue), ("instance", context.id.instance), ("version", context.info.version),
                    ("build_id", context.info.buildID),
                ]),
            Metric("rbee_uptime_seconds", .gauge, "Time since the start.", Double(stats.uptimeSecs)),
            Metric("rbee_requests_in_flight", .gauge, "Requests being answered.", Double(stats.inFlight)),
            Metric("rbee_connections", .gauge, "Connections open.", Double(stats.connections)),
            Metric("rbee_leases", .gauge, "Leases held.", Double(stats.leases)),
            Metric("rbee_jobs", .gauge, "Jobs that have not ended.", Double(context.jobs.live)),
            Metric("rbee_ttl_seconds", .gauge, "Time it stays unused; 0 is for ever.", stats.ttlSecs),
            Metric("process_resident_memory_bytes", .gauge, "Resident memory.", Double(stats.rssBytes)),
            Metric("process_open_fds", .gauge, "Open descriptors.", Double(stats.descriptors)),
            Metric("process_threads", .gauge, "Threads.", Double(stats.threads)),
            Metric("process_cpu_seconds_total", .counter, "Time on the processors.", figures.cpuSeconds),
        ]
        for (status, count) in await state.answers.sorted(by: { $0.key < $1.key }) {
            metrics.append(
                Metric("rbee_requests_total", .counter, "Requests answered.", Double(count), labels: [("status", String(status))]))
        }
        metrics += await state.serviceMetrics()
        var response = HTTPResponse.text(Metric.text(metrics))
        response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
        return response
    }

    private func shutDown(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.collectBody(upTo: 64 << 10)
        let wish = body.isEmpty ? ShutdownRequest() : try ContractJSON.decode(ShutdownRequest.self, from: body)
        if let grace = wish.graceMs, grace < 0 { throw RequestError.bad("grace_ms must not be negative") }
        if let nonce = wish.nonce, nonce != context.info.nonce {
            throw RequestError(409, "another_run", "this daemon is not the one that is to be stopped: it was started since")
        }
        await state.shutDown(cascade: wish.cascade ?? true, grace: wish.graceMs.map { .milliseconds($0) })
        return .json(ShutdownReply())
    }

    private func seconds(_ duration: Duration?) -> Double? {
        duration.map { WireSeconds.seconds($0) }
    }
}
