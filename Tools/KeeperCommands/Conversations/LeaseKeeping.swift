internal import DaemonContract

/// Takes leases, renews them, and gives them back however it ends.
struct LeaseKeeping: Sendable {
    let connections: [(id: DaemonID, connection: any DaemonConnection)]
    let holder: String
    let seconds: Double
    let renewal: Duration
    let deadline: Duration
    let clock: any KeeperClock

    /// - Parameters:
    ///   - limit: for how long; nil until cancelled.
    ///   - onHeld: called once all of them are held.
    func hold(for limit: Duration?, onHeld: () -> Void) async throws {
        var leases: [String] = []
        do {
            for (_, connection) in connections {
                let request = LeaseRequest(holder: holder, durationSecs: seconds)
                leases.append(try await connection.call(.post, DaemonPath.leases, body: request, deadline: deadline, as: Lease.self).id)
            }
            onHeld()
            let end = limit.map { clock.now + $0 }
            while end.map({ clock.now < $0 }) ?? true {
                try await clock.sleep(for: min(renewal, end.map { $0 - clock.now } ?? renewal))
                for (index, lease) in leases.enumerated() {
                    try await renew(lease, at: connections[index])
                }
            }
        } catch {
            await giveBack(leases)
            throw error
        }
        await giveBack(leases)
    }

    /// - Throws: `failed` when the daemon went away, or another one stands in its place, which knows nothing of the lease.
    private func renew(_ lease: String, at holder: (id: DaemonID, connection: any DaemonConnection)) async throws {
        do {
            let path = "\(DaemonPath.leases)/\(lease)"
            _ = try await holder.connection.call(.put, path, body: LeaseRenewal(), deadline: deadline, as: Lease.self)
        } catch let error where !(error is CancellationError) {
            let failure = KeeperError(from: error)
            guard failure.exit != .timedOut else { throw failure }
            throw KeeperError(
                .failed, "\(holder.id) went away: \(failure.message)",
                next: ["rbee-keeper status \(holder.id)", holder.id.command("logs")],
                underlying: error)
        }
    }

    /// Also after a cancellation, and whatever the daemons say: a lease that cannot be given back ends by itself.
    private func giveBack(_ leases: [String]) async {
        let connections = connections, deadline = deadline
        await Task {
            for (index, lease) in leases.enumerated() {
                _ = try? await connections[index].connection.send(
                    .delete, "\(DaemonPath.leases)/\(lease)", body: nil, deadline: min(deadline, .seconds(1)))
            }
        }.value
    }
}
