internal import DaemonContract
internal import EventLoop
internal import Platform

/// A daemon that this process has just launched, until it is ready or gone: what its shepherd reports and what it says itself.
final class Child: Sendable {
    /// What happens to a child, in the order it is seen.
    enum Event: Sendable, Equatable {
        case ready
        /// It asks for more time, counted from now.
        case extendTimeout(Duration)
        case ended(ProcessEnd)
        /// Its shepherd is gone: how it ends will not be said.
        case unseen
    }

    private enum Message: Sendable {
        case report(LaunchReport.Event)
        case notification(NotifySocket.Message)
    }

    let nonce: Nonce
    private let notify: NotifySocket
    private let watch: EventLoop.Watch
    private let mailbox: Mailbox<Message>
    private let shepherds: Shepherds

    private init(nonce: Nonce, notify: NotifySocket, watch: EventLoop.Watch, mailbox: Mailbox<Message>, shepherds: Shepherds) {
        self.nonce = nonce
        self.notify = notify
        self.watch = watch
        self.mailbox = mailbox
        self.shepherds = shepherds
    }

    deinit {
        watch.cancel()
    }

    /// Starts a daemon's program with its lock.
    ///
    /// - Parameters:
    ///   - specification: `NOTIFY_SOCKET` is added to its environment.
    ///   - nonce: drawn by the caller, who has written it down.
    static func launch(
        _ specification: LaunchSpecification, nonce: Nonce, by launcher: any Launcher, on loop: EventLoop
    ) async throws(LifecycleError) -> Child {
        let mailbox = Mailbox<Message>(loop: loop)
        let notify: NotifySocket
        do {
            notify = try NotifySocket(nonce: nonce)
        } catch {
            throw LifecycleError(system: error, daemon: nil)
        }
        // What says nothing that matters here is not kept, and what is said without end does not keep the loop.
        let watch = loop.watch(notify.descriptor, for: .readable) {
            for _ in 0..<Self.notificationsPerTurn {
                guard let message = try? notify.receive() else { return }
                if Self.matters(message) { mailbox.post(.notification(message), unlessMoreThan: Self.notificationsKept) }
            }
        }
        var specification = specification
        specification.environment[DaemonEnvironment.notifySocket] = notify.address
        do {
            let shepherds = try await launcher.launch([specification]) { mailbox.post(.report($0.event), unlessMoreThan: Self.reportsKept) }
            return Child(nonce: nonce, notify: notify, watch: watch, mailbox: mailbox, shepherds: shepherds)
        } catch {
            watch.cancel()
            throw error
        }
    }

    /// The shepherd's first word, or nil if it said none in time.
    func firstReport(within limit: Duration) async -> LaunchReport.Event? {
        // What a quick daemon says may be read before the report of its start is.
        var early: [Message] = []
        defer { for message in early { mailbox.post(message, unlessMoreThan: Self.notificationsKept) } }
        let end = SuspendingClock.now + limit
        while let message = await mailbox.next(within: end - .now) {
            if case .report(let event) = message { return event }
            early.append(message)
            if early.count == Self.notificationsKept { break }
        }
        return nil
    }

    /// What happens next, or nil once `limit` has passed.
    ///
    /// - Parameter pid: who may speak for the daemon, beside its own descendants that carry its nonce.
    func next(pid: Int32, within limit: Duration) async -> Event? {
        // The limit is one for all that comes: a daemon may talk without end.
        let over = SuspendingClock.now + limit
        while let message = await mailbox.next(within: over - .now) {
            switch message {
            case .report(.ended(let end)): return .ended(end)
            case .report(.closed): return .unseen
            case .report: break
            case .notification(let message):
                guard message.pid == pid || carriesNonce(message.pid) else { break }
                if message.assignments["READY"] == "1" { return .ready }
                if let more = message.assignments["EXTEND_TIMEOUT_USEC"].flatMap(Int64.init), more > 0 {
                    return .extendTimeout(.microseconds(min(more, Self.longestExtension)))
                }
            }
            if over <= .now { return nil }
        }
        return nil
    }

    /// Lets the shepherd go: the daemon is on its own.
    func letGo() {
        watch.cancel()
        shepherds.letGo()
    }

    /// An hour at a time is enough for any model.
    static let longestExtension: Int64 = 3_600_000_000

    private static let notificationsPerTurn = 64

    /// Anybody may send notifications, and nobody can with them keep out what the shepherd reports.
    private static let notificationsKept = 256
    private static let reportsKept = 512

    private static func matters(_ message: NotifySocket.Message) -> Bool {
        message.assignments["READY"] == "1" || message.assignments["EXTEND_TIMEOUT_USEC"] != nil
    }

    private func carriesNonce(_ pid: Int32) -> Bool {
        guard let sender = try? ProcessIdentity.of(pid: pid) else { return false }
        return sender.environmentContains(DaemonEnvironment.nonce, nonce.text) == true
    }
}
