internal import CPlatform
internal import EventLoop
internal import Glibc
internal import Platform

/// Accepts the connections of one listening socket.
actor HTTPListener {
    private let server: HTTPServer
    private let socket: Descriptor
    private var watch: EventLoop.Watch?
    private var isPaused = false
    private var isStopped = false

    /// How long not to accept when there is nothing to accept with.
    private static let pause: Duration = .milliseconds(100)
    /// Connections taken in one turn, so that a flood of them does not hold up those that are open.
    private static let perTurn = 64

    nonisolated var unownedExecutor: UnownedSerialExecutor { server.loop.asUnownedSerialExecutor() }

    init(server: HTTPServer, socket: Descriptor) {
        self.server = server
        self.socket = socket
    }

    nonisolated func start() {
        server.loop.run { self.assumeIsolated { $0.watchSocket() } }
    }

    nonisolated func stop() {
        server.loop.run { self.assumeIsolated { $0.close() } }
    }

    private func watchSocket() {
        guard !isStopped else { return }
        watch = server.loop.watch(socket.rawValue, for: .readable) {
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
                server.notice(.acceptResumed)
            }
            let connection = Descriptor(adopting: number)
            // A client that has gone in the meantime has no address any more.
            if let peer = HTTPPeer(of: connection) {
                server.accepted(connection, peer)
            }
        }
    }

    private func handle(_ failure: Int32) {
        switch failure {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            if !isPaused {
                isPaused = true
                server.notice(.acceptPaused(reason: SystemError.text(of: failure)))
            }
            watch?.pause()
            server.loop.schedule(after: Self.pause) {
                self.assumeIsolated { $0.watch?.resume() }
            }
        default:
            break  // EAGAIN: all are accepted. Others are errors of a connection that died in the queue.
        }
    }
}
