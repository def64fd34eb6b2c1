internal import DaemonContract
internal import EventLoop
internal import Platform

/// How a daemon's life ended.
enum DaemonEnd: Sendable, Hashable {
    /// By its own decision, or because somebody asked it to.
    case onPurpose(String)
    /// It crashed or was killed.
    case failure(String)

    /// How long a shepherd may take to write down how its daemon ended.
    private static let writing: Duration = .seconds(10)

    /// Waits for the end of a daemon.
    ///
    /// - Returns: nil when the wait was cancelled.
    static func of(_ info: DaemonInfo, id: DaemonID, context: LifecycleContext) async -> DaemonEnd? {
        guard let files = try? DaemonFiles.open(id, home: context.home, create: false) else { return .onPurpose(Self.quietly) }
        if let watch = try? ProcessWatch.open(pid: info.pid), holds(files, info.nonce) {
            while !watch.hasExited {
                guard await context.loop.isReadable(watch.descriptor, within: .seconds(86_400)) || !Task.isCancelled else { return nil }
            }
        }
        // The shepherd holds the lock until it has written down how the daemon ended.
        let clock = SuspendingClock()
        let until = clock.now + writing
        while holds(files, info.nonce), clock.now < until {
            guard (try? await context.loop.sleep(for: .milliseconds(5))) != nil else { return nil }
        }
        return verdict(try? files.look(), info)
    }

    private static func holds(_ files: DaemonFiles, _ nonce: String) -> Bool {
        if case .held(let line?, _, _) = try? files.look() { return line.nonce.text == nonce }
        return false
    }

    /// A daemon that ends by itself removes its record; one that was asked to, and was killed before it was done, says there that it drains.
    private static func verdict(_ look: DaemonFiles.Look?, _ info: DaemonInfo) -> DaemonEnd {
        let (last, record): (LastEnd?, DaemonRecord?) =
            switch look {
            case .free(let last, let record, _), .held(_, let record, let last): (last, record)
            case nil: (nil, nil)
            }
        guard let record, record.nonce == info.nonce else { return .onPurpose(quietly) }
        let end = last.flatMap { $0.nonce == info.nonce ? $0.processEnd : nil }
        if record.state == .draining, !drainedForFailure(end) { return .onPurpose("it was stopped") }
        return .failure(end?.description ?? "ended without saying so")
    }

    /// One whose service broke drains, too, and says so by its exit code. 128 and more are signals that cut a drain short.
    private static func drainedForFailure(_ end: ProcessEnd?) -> Bool {
        guard case .exited(let code)? = end else { return false }
        return (1..<128).contains(code)
    }

    private static let quietly = "it ended by itself or was stopped"
}
