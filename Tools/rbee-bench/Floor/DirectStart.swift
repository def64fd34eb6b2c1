internal import BenchReport
internal import DaemonContract
internal import DaemonLifecycle
internal import Glibc
internal import Platform

/// A daemon started by hand: `posix_spawn`, and a wait until it says that it is ready. What the chain of launcher, shepherd, lock and confirmation
/// adds is above this.
struct DirectStart {
    let kind: DaemonKind
    let program: String
    let environment: [String: String]
    let arguments: [String]
    /// A home that nobody else uses: the daemon takes its own lock in it.
    let home: String

    /// A daemon as its lifecycle would start it, in a home of its own.
    init(_ daemon: DaemonUnderTest, _ workshop: Workshop) throws {
        kind = daemon.kind
        program = try workshop.program(daemon.specification.program)
        environment = daemon.specification.environment
        arguments = ["--instance", daemon.specification.id.instance] + daemon.specification.arguments
        home = daemon.home
    }

    /// Starts it, and ends it again.
    ///
    /// - Returns: milliseconds until it was ready.
    func time() throws -> Double {
        let notify = try NotifySocket(nonce: Nonce())
        let begun = Clock.now
        let child = try Child(
            program, arguments,
            environment: environment.merging([DaemonEnvironment.home: home, DaemonEnvironment.notifySocket: notify.address]) { $1 })
        defer { child.end() }
        try Self.ready(notify, kind)
        let took = Clock.milliseconds(since: begun)
        child.signal(SIGTERM)
        guard child.wait() == 0 else { throw BenchError("\(kind) started by hand did not end as asked") }
        return took
    }

    private static func ready(_ notify: NotifySocket, _ kind: DaemonKind) throws {
        let end = Clock.now + 20_000_000_000
        while Clock.now < end {
            if try notify.receive()?.assignments["READY"] == "1" { return }
            var waiting = pollfd(fd: notify.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&waiting, 1, 1_000)
        }
        throw BenchError("\(kind) started by hand did not say that it was ready within 20 s")
    }
}
