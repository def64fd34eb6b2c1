import DaemonContract
import EventLoop
import HTTP

/// Checks what a start that succeeded says: that a daemon of that name answered as itself.
///
/// The daemon may have been struck since, so its answer now is asked for but not demanded. What is demanded is a trace: it lives, or was seen to
/// live, or its log says that it was ready at that address.
struct ClaimCheck: Sendable {
    let home: ChaosHome
    let reader: ProcReader
    let overlaps: Overlaps

    enum Result: Sendable, Hashable {
        /// It answered just now.
        case answered
        /// It was there.
        case traced
        case wrong(String)
    }

    func check(_ claim: StartClaim) async -> Result {
        if let info = await ask(claim.url) {
            let isItself = "\(info.kind)/\(info.instance)" == claim.daemon && info.socket?.hasPrefix("\(home.run)/") != false
            if isItself, claim.pid == nil || claim.pid == info.pid { return .answered }
            // Another may have its port by now, or be its successor; but not while it lives.
            if let pid = claim.pid, lives(pid, claim) {
                return .wrong("\(claim.url) is answered by \(info.kind)/\(info.instance), process \(info.pid)")
            }
        }
        if let pid = claim.pid, lives(pid, claim) || overlaps.hasSeen(pid, as: claim.daemon, home: home.index) { return .traced }
        return isInLog(claim)
            ? .traced : .wrong("no daemon \(claim.daemon) was ever seen as process \(claim.pid ?? 0) or ready at \(claim.url)")
    }

    private func lives(_ pid: Int32, _ claim: StartClaim) -> Bool {
        reader.process(pid).map { $0.daemon == claim.daemon && $0.home == home.index } ?? false
    }

    /// What the daemon at an address says of itself, if it says it soon.
    private func ask(_ url: String) async -> DaemonInfo? {
        guard let endpoint = HTTPEndpoint(url: url) else { return nil }
        let client = HTTPClient(loop: .shared, endpoint: endpoint)
        defer { client.close() }
        let response = try? await client.send(HTTPClientRequest(target: DaemonPath.info), deadline: .seconds(2))
        guard let response, response.status.code == 200 else { return nil }
        return try? await EventLoop.shared.withDeadline(.seconds(2)) { try await response.decode(DaemonInfo.self) }
    }

    /// Each daemon writes the address into its log before it says that it is ready.
    private func isInLog(_ claim: StartClaim) -> Bool {
        let name = claim.daemon.replacing("/", with: "-")
        // One that has no address of its own for HTTP writes none.
        let address = claim.url.hasPrefix("unix://") ? "" : claim.url
        let logs = ["", ".1", ".2"].compactMap { ChaosFile.text(of: "\(home.path)/logs/\(name).log\($0)") }
        return logs.contains { log in log.split(separator: "\n").contains { $0.contains("Ready.") && $0.contains("\"\(address)\"") } }
    }
}
