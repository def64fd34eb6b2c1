internal import EventLoop
internal import Glibc
internal import Platform

/// One launcher that stays, for a supervisor that starts programs again and again: a start costs a write and a fork.
///
/// Guards do not depend on it. When it is gone the next batch gets another one.
package actor LaunchLine {
    private struct Connection {
        let input: Descriptor
        let watch: EventLoop.Watch
    }

    private let launcher: LocalLauncher
    private let loop: EventLoop
    private let report: @Sendable (LaunchReport) -> Void
    private var connection: Connection?
    /// The reports of launchers that are gone: their guards still write there.
    private var former: [EventLoop.Watch] = []
    private var waiting: [LaunchSpecification] = []
    private var isBusy = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ launcher: LocalLauncher, loop: EventLoop, report: @escaping @Sendable (LaunchReport) -> Void) {
        self.launcher = launcher
        self.loop = loop
        self.report = report
    }

    isolated deinit {
        connection?.input.close()
        connection?.watch.cancel()
        for watch in former { watch.cancel() }
    }

    /// Starts programs, in the order of the calls. What cannot be started is reported as `failed`.
    package func launch(_ specifications: [LaunchSpecification]) async {
        waiting += specifications
        guard !isBusy else { return }
        isBusy = true
        defer { isBusy = false }
        while !waiting.isEmpty {
            let batch = waiting
            waiting.removeAll()
            await handOver(batch)
        }
    }

    private func handOver(_ batch: [LaunchSpecification]) async {
        // One that a launcher which has just died was given is started by the next one; there is no third try.
        for attempt in 1...2 {
            do {
                let bytes = try LaunchSpecification.encode(batch, isLast: false)
                let connection = try await connected()
                switch try await launcher.feed(bytes, to: connection.input) {
                case .read: return
                case .refused, .unread: drop()
                }
            } catch {
                return refuse(batch, (error as? SystemError)?.number ?? 0)
            }
            if attempt == 2 { refuse(batch, EPIPE) }
        }
    }

    private func connected() async throws(LifecycleError) -> Connection {
        if let connection { return connection }
        let (input, watch) = try await launcher.open { [report] in if $0.event != .closed { report($0) } }
        let made = Connection(input: input, watch: watch)
        connection = made
        return made
    }

    private func drop() {
        guard let connection else { return }
        connection.input.close()
        former.append(connection.watch)
        self.connection = nil
    }

    private func refuse(_ batch: [LaunchSpecification], _ number: Int32) {
        for specification in batch { report(LaunchReport(id: specification.id, event: .failed(stage: "launcher", errno: number))) }
    }
}
