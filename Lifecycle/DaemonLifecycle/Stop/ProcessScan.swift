internal import DaemonContract
internal import EventLoop
internal import Platform

/// Reads the process table, once for all who ask at the same time: one scan serves all stops in progress.
actor ProcessScan {
    static let shared = ProcessScan()

    private var next: Task<[Subtree.Entry], Never>?
    private var current: Task<[Subtree.Entry], Never>?

    /// Every living process as it was at some moment after this call.
    func entries() async -> [Subtree.Entry] {
        // A scan that runs already may have passed over what the caller needs to see: only one that begins from now on will do.
        if let next { return await next.value }
        let before = current
        let scan = Task { [self] in
            _ = await before?.value
            begin()
            let entries = (try? await onBlockingThread { Self.read() }) ?? []
            return entries
        }
        next = scan
        return await scan.value
    }

    private func begin() {
        current = next
        next = nil
    }

    static func read() -> [Subtree.Entry] {
        (ProcessTable.scan() ?? []).filter { !$0.isDead }.map { process in
            Subtree.Entry(
                pid: process.pid, parent: process.parent, group: process.group, session: process.session, startTicks: process.startTicks,
                nonce: process.environmentValue(DaemonEnvironment.nonce))
        }
    }
}
