internal import DaemonContract

extension DaemonConnection {
    /// Sends a request and reads the JSON of its answer.
    ///
    /// - Throws: the daemon's own words when it refuses.
    package func call<Reply: Decodable>(
        _ method: DaemonMethod, _ path: String, body: (some Encodable)? = Optional<Bool>.none, deadline: Duration, as type: Reply.Type
    ) async throws -> Reply {
        let reply = try await send(method, path, body: try body.map { try ContractJSON.encode($0) }, deadline: deadline)
        try check(reply, "\(method.rawValue) \(path)")
        do {
            return try ContractJSON.decode(type, from: reply.body)
        } catch {
            throw KeeperError(
                .failed, "\(address) answered \(method.rawValue) \(path) with something else than expected: \(error)",
                next: ["rbee-keeper doctor"], underlying: error)
        }
    }

    /// Throws the daemon's own words unless the answer is a success.
    package func check(_ reply: DaemonReply, _ what: String) throws {
        guard !(200..<300).contains(reply.status) else { return }
        if let body = try? ContractJSON.decode(ErrorBody.self, from: reply.body) {
            throw KeeperError(
                .init(rawValue: body.error.code), "\(address) refused \(what) (\(reply.status)): \(body.error.message)",
                next: [logsCommand])
        }
        throw KeeperError(.failed, "\(address) refused \(what) with HTTP status \(reply.status)", next: ["rbee-keeper doctor"])
    }
}
