internal import DaemonContract
internal import EventLoop
internal import Glibc
internal import Platform

/// What daemons that were killed have left running: they, and whoever would have ended it, are gone, and only the nonce in its environment
/// tells whose it was.
struct Leftovers: Sendable {
    private let home: RbeeHome
    private let loop: EventLoop

    init(home: RbeeHome, loop: EventLoop) {
        self.home = home
        self.loop = loop
    }

    /// Ends it.
    ///
    /// A shepherd is spared: it has written down how its daemon ended and is about to tell that to whoever waits.
    ///
    /// - Parameter nonces: of daemons that are dead.
    /// - Returns: the nonces of which something was left.
    @discardableResult
    func end(of nonces: Set<String>) async -> Set<String> {
        let nonces = nonces.filter { Nonce($0) != nil }
        guard !nonces.isEmpty else { return [] }
        let entries = await ProcessScan.shared.entries()
        let carried = Set(entries.filter { !$0.isShepherd && $0.pid != getpid() }.compactMap(\.nonce)).intersection(nonces)
        guard !carried.isEmpty else { return [] }
        // A record may be copied or forged: the nonce of a daemon that runs is not that of a dead one.
        let dead = carried.subtracting(DaemonDirectory(home: home, loop: loop).livingNonces())
        for nonce in dead { await Remains.end(nonce: nonce, sparing: [getpid()], sparesShepherds: true, on: loop) }
        return dead
    }
}

extension DaemonFiles {
    /// The nonce of a daemon that was killed: nobody holds its lock, and the process of its record is gone.
    var nonceOfTheDead: String? {
        guard case .free(_, let record?, _) = try? look(), record.state != .stopped, (try? record.process.liveness()) == .dead else {
            return nil
        }
        return record.nonce
    }

    /// The nonce in a lock that nobody holds, whose process is gone.
    var lastNonceOfTheLock: String? {
        guard (try? FileLock.probe(in: directory, name: lock)) == .free, let line = try? LockLine.read(in: directory, name: lock),
            (try? line.process.liveness()) == .dead
        else { return nil }
        return line.nonce.text
    }
}
