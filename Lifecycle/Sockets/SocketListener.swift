internal import CPlatform
package import EventLoop
internal import Glibc
package import Platform

/// Accepts the connections of one listening socket.
package actor SocketListener {
    /// What whoever runs a server wants to know.
    package enum Notice: Sendable, Equatable {
        /// There are no descriptors or no memory to accept with; tried again soon, and not said again until it has worked.
        case paused(reason: String)
        /// Connections are accepted again.
        case resumed
    }

    private let loop: EventLoop
    private let socket: Descriptor
    private let notice: @Sendable (Notice) -> Void
    private let accepted: @Sendable (Descriptor) -> Void
    private var watch: EventLoop.Watch?
    private var isPaused = false
    private var isStopped = false

    /// How long not to accept when there is nothing to accept with.
    private static let pause: Duration = .milliseconds(100)
    /// Connections taken in one turn, so that a flood of them does not hold up those that are open.
    private static let perTurn = 64

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Listens as soon as it is started.
    ///
    /// - Parameters:
    ///   - socket: bound and listening, close-on-exec and non-blocking. Closed with the listener.
    ///   - notice: called on the loop; for the log.
    ///   - accepted: called on the loop with each connection, close-on-exec and non-blocking.
    package init(
        loop: EventLoop, socket: Descriptor, notice: @escaping @Sendable (Notice) -> Void,
        accepted: @escaping @Sendable (Descriptor) -> Void
    ) {
        self.loop = loop
        self.socket = socket
        self.notice = notice
        self.accepted = accepted
    }

    /// Begins to accept.
    package nonisolated func start() {
        loop.run { self.assumeIsolated { $0.watchSocket() } }
    }

    /// Closes the socket. Connections that were accepted stay.
    package nonisolated func stop() {
        loop.run { self.assumeIsolated { $0.close() } }
    }

    private func watchSocket() {
        guard !isStopped else { return }
        watch = loop.watch(socket.rawValue, for: .readable) {
            self.assumeIsolated { $0.accept() }
        }
    }

    private func close() {
        isStopped = true
        watch?.cancel()
        watch = nil
        socket.close()
    }

    private func accept() {
        for _ in 0..<Self.perTurn {
            let number = rbee_accept(socket.rawValue)
            guard number >= 0 else {
                handle(errno)
                return
            }
            if isPaused {
                isPaused = false
                notice(.resumed)
            }
            accepted(Descriptor(adopting: number))
        }
    }

    private func handle(_ failure: Int32) {
        switch failure {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            if !isPaused {
                isPaused = true
                notice(.paused(reason: SystemError.text(of: failure)))
            }
            watch?.pause()
            loop.schedule(after: Self.pause) {
                self.assumeIsolated { $0.watch?.resume() }
            }
        default:
            break  // EAGAIN: all are accepted. Others are errors of a connection that died in the queue.
        }
    }
}
