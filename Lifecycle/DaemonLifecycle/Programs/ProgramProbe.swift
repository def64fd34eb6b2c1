internal import EventLoop
internal import HTTP
internal import Platform

/// Asks a program over HTTP whether it can serve, and makes sure that it is the program that answers.
struct ProgramProbe: Sendable {
    /// How long one answer may take; a program that comes up may be slow.
    private static let limit: Duration = .seconds(2)

    let loop: EventLoop
    let endpoint: HTTPEndpoint
    let target: String

    enum Answer: Sendable, Hashable {
        case ready
        case notYet
        /// Somebody else answers in its place.
        case stranger(String)
    }

    /// The port of this machine that is asked; nil where it is another machine's, or none at all.
    var localPort: UInt16? {
        guard case .tcp(let host, let port) = endpoint, host == "localhost" || HTTPAddress(host: host, port: port).isLoopback
        else { return nil }
        return UInt16(exactly: port)
    }

    /// Asks once.
    ///
    /// - Parameters:
    ///   - pid: the program's process.
    ///   - nonce: what its whole tree carries.
    func ask(pid: Int32, nonce: String) async -> Answer {
        let client = HTTPClient(loop: loop, endpoint: endpoint)
        defer { client.close() }
        do throws(HTTPError) {
            let response = try await client.send(HTTPClientRequest(target: target), deadline: Self.limit)
            guard (200..<300).contains(response.status.code) else { return .notYet }
        } catch {
            return .notYet
        }
        guard let port = localPort else { return .ready }
        let stranger = try? await onBlockingThread { Self.stranger(at: port, pid: pid, nonce: nonce) }
        return stranger.flatMap { $0 }.map { .stranger($0) } ?? .ready
    }

    /// Who listens in the program's place, if it is seen not to be one of its processes.
    private static func stranger(at port: UInt16, pid: Int32, nonce: String) -> String? {
        // The program itself, almost always: one look at its own descriptors.
        if PortHolder.isHeld(port: port, by: pid) { return nil }
        // Where it cannot be seen who listens, whoever answers is taken for the program.
        guard let holder = try? PortHolder.of(port: port, host: "127.0.0.1"), let listener = holder.pid else { return nil }
        let isOurs = ProcessStat.of(pid: listener)?.environmentValue("RBEE_NONCE") == nonce
        return isOurs ? nil : holder.description
    }
}
