internal import DaemonContract
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
            return .json(try lifetime.takeLease(holder: wish.holder, duration: try wish.duration()), status: HTTPStatus(201))
        }
        router.put(DaemonPath.leases + "/{id}", use: .looks) { request, parameters in
            let body = try await request.collectBody(upTo: Self.largestBody)
            let wish = body.isEmpty ? LeaseRenewal() : try ContractJSON.decode(LeaseRenewal.self, from: body)
            return .json(try lifetime.renewLease(parameters["id"], duration: try wish.duration()))
        }
        router.delete(DaemonPath.leases + "/{id}", use: .looks) { _, parameters in
            try lifetime.releaseLease(parameters["id"])
            return HTTPResponse(status: HTTPStatus(204), content: .bytes([]))
        }
    }
}
