internal import EventLoop
internal import Glibc
internal import Platform

/// One launcher that stays, for a supervisor that starts programs again and again: a start costs a write and a fork.
///
/// Guards do not depend on it. When it is gone the next batch gets another one, and what it had been given and has not started is reported as failed.
package actor LaunchLine {
    private struct Connection {
        let input: Descriptor
        let process: ProcessWatch?
        /// Of the launcher's end; nil where it was gone before it could be watched.
        var end: EventLoop.Watch?
    }

    private let launcher: LocalLauncher
    private let loop: EventLoop
    private let report: @Sendable (LaunchReport) -> Void
    private var connection: Connection?
    /// What launchers and guards say, those of launchers that are gone included.
    private var outputs: [EventLoop.Watch] = []
    private var waiting: [LaunchSpecification] = []
    /// What the launcher was given and has said nothing of.
    private var unheard: Set<String> = []
    private var isBusy = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// How long the last words of a launcher may take to be read, once it is gone.
    private static let lastWords: Duration = .milliseconds(50)

    init(_ launcher: LocalLauncher, loop: EventLoop, report: @escaping @Sendable (LaunchReport) -> Void) {
        self.launcher = launcher
        self.loop = loop
        self.report = report
    }

    isolated deinit {
        connection?.end?.cancel()
        connection?.input.close()
        for output in outputs { output.cancel() }
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
        let ids = batch.map(\.id)
        // What a launcher refuses that has just died is given to the next one; there is no third try.
        for _ in 1...2 {
            do {
                let bytes = try LaunchSpecification.encode(batch, isLast: false)
                let input = try await connected()
                unheard.formUnion(ids)
                if try await launcher.feed(bytes, to: input) == .read { return }
                unheard.subtract(ids)
                drop()
            } catch {
                return refuse(ids, (error as? SystemError)?.number ?? 0)
            }
        }
        refuse(ids, EPIPE)
    }

    private func connected() async throws(LifecycleError) -> Descriptor {
        if let connection { return connection.input }
        let (pid, input, output) = try await launcher.open { [weak self] report in self?.assumeIsolated { $0.heard(report) } }
        outputs.append(output)
        // One that has ended already is seen at the first write.
        let process = (try? ProcessWatch.open(pid: pid)).flatMap { $0 }
        connection = Connection(input: input, process: process)
        if let process {
            connection?.end = loop.watch(process.descriptor, for: .readable) { [weak self] in self?.assumeIsolated { $0.ended(pid) } }
        }
        return input
    }

    private func heard(_ report: LaunchReport) {
        guard report.event != .closed else { return }
        unheard.remove(report.id)
        self.report(report)
    }

    /// The launcher is gone. What its guards have said may still have to be read.
    private func ended(_ pid: Int32) {
        guard connection?.process?.pid == pid else { return }
        drop()
        let lost = unheard
        loop.schedule(after: Self.lastWords) { [weak self] in
            self?.assumeIsolated { $0.refuse(lost.filter($0.unheard.contains), ESRCH) }
        }
    }

    private func drop() {
        connection?.end?.cancel()
        connection?.input.close()
        connection = nil
    }

    private func refuse(_ ids: some Sequence<String>, _ number: Int32) {
        for id in ids {
            unheard.remove(id)
            report(LaunchReport(id: id, event: .failed(stage: "launcher", errno: number)))
        }
    }
}
