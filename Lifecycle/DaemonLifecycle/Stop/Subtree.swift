internal import Platform

/// Which processes belong to a daemon: its descendants, its session and group, and whoever carries its nonce, but never another daemon.
///
/// Pure: it reads one scan of the process table.
struct Subtree: Sendable {
    /// A process of the scan, with the nonce that its environment carries.
    struct Entry: Sendable, Hashable {
        var pid: Int32
        var parent: Int32
        var group: Int32
        var session: Int32
        var startTicks: UInt64
        var nonce: String?
        /// What the process calls itself, which is no proof of anything.
        var name = ""

        /// Whether it says that it is the parent of a daemon, which ends by itself.
        var isShepherd: Bool { name == Self.shepherd }
        static let shepherd = "rbee-shepherd"
    }

    let leader: Int32
    let nonce: String

    /// The processes that belong to the daemon.
    ///
    /// - Parameters:
    ///   - entries: the living processes, without zombies.
    ///   - leaderLives: whether `leader` is still the daemon; if not, its number says nothing about groups and sessions any more.
    ///   - known: processes of an earlier survey that are still the same ones.
    ///   - excluded: processes that are never part of it, such as the one that asks.
    func members(of entries: [Entry], leaderLives: Bool, known: Set<Int32>, excluded: Set<Int32>) -> [Entry] {
        var children: [Int32: [Entry]] = [:]
        for entry in entries { children[entry.parent, default: []].append(entry) }
        var found: [Int32: Entry] = [:]
        var queue: [Entry] = entries.filter { entry in
            entry.nonce == nonce || known.contains(entry.pid)
                || (leaderLives && (entry.pid == leader || entry.session == leader || entry.group == leader))
        }
        while let entry = queue.popLast() {
            guard found[entry.pid] == nil, entry.pid > 1, !excluded.contains(entry.pid), !isAnotherDaemon(entry) else { continue }
            found[entry.pid] = entry
            queue += children[entry.pid] ?? []
        }
        return found.values.sorted { $0.pid < $1.pid }
    }

    /// Another daemon's process carries its own nonce: whoever started it, it is not ours to stop.
    private func isAnotherDaemon(_ entry: Entry) -> Bool {
        guard let other = entry.nonce else { return false }
        return other != nonce
    }
}
