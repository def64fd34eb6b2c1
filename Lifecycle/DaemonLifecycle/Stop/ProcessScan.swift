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

    /// So often those are looked for who were born during the pass.
    private static let passes = 10

    static func read() -> [Subtree.Entry] {
        read { entry(of: $0) }
    }

    /// Reads every process, and of each what is asked for in the moment in which it is come to; nil for one that has ended by then.
    private static func read<Value>(_ look: (Int32) -> Value?) -> [Value] {
        var values: [Value] = []
        var known: Set<Int32> = []
        for _ in 0..<passes {
            var isComplete = true
            for pid in ProcessTable.numbers() ?? [] where known.insert(pid).inserted {
                if let value = look(pid) {
                    values.append(value)
                } else {
                    // It ended before it was looked at, and may have started another after the numbers were read.
                    isComplete = false
                }
            }
            if isComplete { break }
        }
        return values
    }

    /// Kills whoever carries a nonce, each in the moment in which it is seen: what forks and ends faster than a scan is told of would escape for
    /// ever otherwise. Blocks.
    ///
    /// - Returns: those that were hit.
    static func kill(nonce: String, sparing spared: Set<Int32>) -> [(entry: Subtree.Entry, watch: ProcessWatch)] {
        read { pid -> (entry: Subtree.Entry, watch: ProcessWatch?)? in
            guard let entry = entry(of: pid) else { return nil }
            guard entry.nonce == nonce, pid > 1, !spared.contains(pid), !entry.isShepherd else { return (entry, nil) }
            // The pidfd first, then the check.
            guard let watch = try? ProcessWatch.open(pid: pid), ProcessStat.of(pid: pid)?.startTicks == entry.startTicks,
                (try? watch.signal(9)) == true
            else { return nil }
            return (entry, watch)
        }.compactMap { entry, watch in watch.map { (entry, $0) } }
    }

    private static func entry(of pid: Int32) -> Subtree.Entry? {
        guard let process = ProcessStat.of(pid: pid), !process.isDead else { return nil }
        let nonce = process.environmentValue(DaemonEnvironment.nonce)
        // One that ends shows no environment any more, and has had time to start another.
        if nonce == nil, ProcessStat.of(pid: pid)?.isEnding != false { return nil }
        return Subtree.Entry(
            pid: process.pid, parent: process.parent, group: process.group, session: process.session, startTicks: process.startTicks,
            nonce: nonce, name: process.name)
    }
}
