package import EventLoop
internal import Platform

/// What is left of a tree whose guard was killed, and with it all that would have ended the rest.
package enum Remains {
    /// So often it is looked for newcomers: a tree that forks faster is left.
    private static let rounds = 20
    /// How long those that were killed in one round may take to end.
    private static let patience: Duration = .seconds(2)

    /// Kills every process that carries a nonce, and what descends from it, other daemons apart.
    ///
    /// - Parameters:
    ///   - spared: who carries it too, and is not meant.
    ///   - sparesShepherds: leaves the daemon's own parent, which ends by itself.
    /// - Returns: whether none was left.
    @discardableResult
    package static func end(nonce: String, sparing spared: Set<Int32>, sparesShepherds: Bool = false, on loop: EventLoop) async -> Bool {
        for _ in 0..<rounds {
            let subtree = Subtree(leader: 0, nonce: nonce)
            let entries = await ProcessScan.shared.entries()
            let shepherds = sparesShepherds ? entries.filter(\.isShepherd).map(\.pid) : []
            let found = subtree.members(of: entries, leaderLives: false, known: [], excluded: spared.union(shepherds))
            if found.isEmpty { return true }
            var killed: [ProcessWatch] = []
            for entry in found {
                // The pidfd first, then the check: the number may have been given to another process since the scan.
                guard let watch = try? ProcessWatch.open(pid: entry.pid), ProcessStat.of(pid: entry.pid)?.startTicks == entry.startTicks,
                    (try? watch.signal(9)) == true
                else { continue }
                killed.append(watch)
            }
            for watch in killed { _ = await loop.isReadable(watch.descriptor, within: patience) }
        }
        return false
    }
}
