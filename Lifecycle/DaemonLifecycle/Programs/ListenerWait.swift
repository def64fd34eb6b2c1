internal import EventLoop
internal import Platform

/// Waits until somebody listens on ports of this machine. One look at all of them serves all who wait, where each would otherwise connect to its
/// own, again and again.
actor ListenerWait {
    private let loop: EventLoop
    private var waiting: [UInt16: [ResumeOnce<Void, Never>]] = [:]
    private var schedule = PollSchedule()
    private var timer: EventLoop.Timer?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Returns once somebody listens on a port, on whatever address; at once where that cannot be seen, or when the caller is cancelled.
    func wait(for port: UInt16) async {
        let turn = ResumeOnce<Void, Never>()
        waiting[port, default: []].append(turn)
        // Whoever has just begun to wait is likely to have to wait only briefly.
        schedule = PollSchedule()
        timer?.cancel()
        arm()
        _ = await turn.result { turn.resume(with: .success(())) }
    }

    private func arm() {
        timer = loop.schedule(after: schedule.next()) { [weak self] in self?.assumeIsolated { $0.look() } }
    }

    private func look() {
        let open = TCPTable.listeningPorts()
        for port in waiting.keys where open?.contains(port) != false {
            for turn in waiting.removeValue(forKey: port) ?? [] { turn.resume(with: .success(())) }
        }
        if !waiting.isEmpty { arm() }
    }
}
