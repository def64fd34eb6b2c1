internal import DaemonContract
internal import EventLoop
internal import HTTP

/// Leases: what keeps a daemon alive beyond its requests.
struct LeaseEndpoints: Sendable {
    let context: DaemonContext

    private static let largestBody = 64 << 10

    func add(to router: inout Router) {
        let lifetime = context.lifetime
        // What a lease does to the lifetime is the machine's business: the requests themselves only look.
        router.get(DaemonPath.leases) { _, _ in .json(LeaseList(leases: lifetime.leases)) }
        router.post(DaemonPath.leases, use: .looks) { request, _ in
            let wish = try ContractJSON.decode(LeaseRequest.self, from: try await request.collectBody(upTo: Self.largestBody))
            return .json(try lifetime.takeLease(holder: wish.holder, duration: try wish.duration()), status: .created)
        }
        router.post(DaemonPath.heldLeases, use: .looks) { request, _ in try await hold(request) }
        router.put(DaemonPath.leases + "/{id}", use: .looks) { request, parameters in
            let body = try await request.collectBody(upTo: Self.largestBody)
            let wish = body.isEmpty ? LeaseRenewal() : try ContractJSON.decode(LeaseRenewal.self, from: body)
            return .json(try lifetime.renewLease(parameters["id"], duration: try wish.duration()))
        }
        router.delete(DaemonPath.leases + "/{id}", use: .looks) { _, parameters in
            try lifetime.releaseLease(parameters["id"])
            return HTTPResponse(status: .noContent)
        }
    }

    /// How often something is written to a connection that a lease hangs on, to find out whether the other end lives.
    private static let heartbeat: Duration = .seconds(15)

    /// Takes a lease that goes with the connection, by whoever closes it: the client, the kernel when that dies, or a drain.
    private func hold(_ request: HTTPRequest) async throws -> HTTPResponse {
        let wish = try ContractJSON.decode(LeaseHoldRequest.self, from: try await request.collectBody(upTo: Self.largestBody))
        let (lease, hold) = try context.lifetime.holdLease(holder: wish.holder)
        let line = try ContractJSON.encode(lease) + [UInt8(ascii: "\n")]
        return HTTPResponse(
            status: .created, headers: ["Content-Type": "application/x-ndjson", "Cache-Control": "no-store"],
            content: .stream { [loop = context.loop] writer in
                defer { hold.release() }
                try await writer.write(line)
                while true {
                    try await loop.sleep(for: Self.heartbeat)
                    try await writer.write("\n")
                }
            })
    }
}
