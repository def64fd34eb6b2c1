internal import DaemonContract
internal import EventLoop
internal import Platform

/// What a daemon has written of itself, as its directory's entries show it. Comparing two of them costs microseconds and disturbs nobody.
struct FilesMark: Sendable, Hashable {
    private let lock: FileIdentity?
    private let record: FileIdentity?
    private let socket: FileIdentity?

    init(_ files: DaemonFiles) {
        lock = (try? files.directory.stat(files.lock)) ?? nil
        record = (try? files.directory.stat(files.record)) ?? nil
        socket = (try? files.directory.stat(files.socket)) ?? nil
    }

    /// Whether there is something to ask.
    var hasSocket: Bool { socket?.kind == .socket }
}

/// Waits for a daemon that another one starts or that ends: for its end, for its next word, or until its starter is done.
///
/// However many wait, the daemon hears nothing of them. Its starter keeps the launch turn until it is done, and the kernel wakes all who wait for
/// that; whoever has no starter to wait for looks at the names of its files, and asks only once something has changed there.
struct HolderWait {
    enum Outcome: Sendable, Equatable {
        case ended
        /// Something was written, the starter is done, or the time is over.
        case due
    }

    private let files: DaemonFiles
    private let loop: EventLoop
    private var watched: (nonce: Nonce, watch: ProcessWatch)?

    private static let shortestGlance: Duration = .milliseconds(2)
    private static let longestGlance: Duration = .milliseconds(30)
    /// While a starter is there to wake us.
    private static let relaxedGlance: Duration = .milliseconds(50)

    init(_ files: DaemonFiles, loop: EventLoop) {
        self.files = files
        self.loop = loop
    }

    /// Waits for the holder of a lock.
    ///
    /// - Parameter mark: what had been written before the caller looked at what it says.
    /// - Returns: nil, at once, when its end could not be seen: it is gone already, or in another pid namespace.
    mutating func outcome(of holder: LockLine, since mark: FilesMark, within limit: Duration) async -> Outcome? {
        guard let watch = watch(holder) else { return nil }
        return await outcome(of: watch, starter: LaunchTurn.others(files.id.description, in: files.directory), since: mark, within: limit)
    }

    /// Waits while another one is about to launch it.
    func started(by starter: Descriptor?, since mark: FilesMark, within limit: Duration) async {
        _ = await outcome(of: nil, starter: starter, since: mark, within: limit)
    }

    private func outcome(of watch: ProcessWatch?, starter: Descriptor?, since mark: FilesMark, within limit: Duration) async -> Outcome {
        let clock = SuspendingClock()
        let end = clock.now + limit
        let descriptors = [watch?.descriptor, starter?.rawValue].compactMap { $0 }
        var glance = starter == nil ? Self.shortestGlance : Self.relaxedGlance
        while true {
            let left = end - clock.now
            if left <= .zero { return .due }
            if let ready = await loop.firstReadable(of: descriptors, within: min(glance, left)) {
                return ready == watch?.descriptor ? .ended : .due
            }
            if FilesMark(files) != mark { return .due }
            glance = max(glance, min(glance * 2, Self.longestGlance))
        }
    }

    /// A pidfd of the holder, opened once a holder; nil when its number is no longer its own.
    private mutating func watch(_ holder: LockLine) -> ProcessWatch? {
        // One that has ended and is still said to hold its lock is waited for no more: it would be seen to end again and again.
        if let watched, watched.nonce == holder.nonce { return watched.watch.hasExited ? nil : watched.watch }
        watched = nil
        guard let watch = try? ProcessWatch.open(pid: holder.pid), holder.process.isAlive else { return nil }
        watched = (holder.nonce, watch)
        return watch
    }
}
