package import DaemonContract
package import DaemonLifecycle
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Platform

/// A running daemon and ways to talk to it.
package final class TestDaemon: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    package let lifecycle: DaemonLifecycle
    package let info: DaemonInfo
    /// Over TCP, with the token unless a request brings its own `Authorization`.
    package let api: TestAPI
    private let watch: ProcessWatch

    package init(_ lifecycle: DaemonLifecycle, _ home: TestHome) async throws {
        self.lifecycle = lifecycle
        info = try await lifecycle.info()
        guard let url = info.baseURL, let endpoint = HTTPEndpoint(url: url) else { throw Failure("\(info.name) has no base URL") }
        guard let watch = try ProcessWatch.open(pid: info.pid) else { throw Failure("\(info.name) is gone already") }
        self.watch = watch
        api = TestAPI(endpoint, token: home.token)
    }

    /// Kills it without warning, and waits until it is gone.
    package func kill() async throws {
        try watch.signal(SIGKILL)
        try await gone()
    }

    package func signal(_ number: Int32) throws {
        try watch.signal(number)
    }

    /// Waits until its process is gone.
    package func gone() async throws {
        let descriptor = watch.descriptor
        try await EventLoop.shared.withDeadline(.seconds(30)) { try await EventLoop.shared.readable(descriptor) }
    }

    package var isRunning: Bool { !watch.hasExited }
}

/// A process that a test watches by its pidfd.
package struct WatchedProcess: Sendable {
    package let pid: Int32
    private let watch: ProcessWatch

    package init(pid: Int32) throws {
        guard let watch = try ProcessWatch.open(pid: pid) else { throw TestDaemon.Failure("process \(pid) is gone already") }
        self.pid = pid
        self.watch = watch
    }

    package var isRunning: Bool { !watch.hasExited }

    package func kill() async throws {
        try watch.signal(SIGKILL)
        try await gone()
    }

    package func signal(_ number: Int32) throws { try watch.signal(number) }

    package func gone() async throws {
        let descriptor = watch.descriptor
        try await EventLoop.shared.withDeadline(.seconds(30)) { try await EventLoop.shared.readable(descriptor) }
    }
}
