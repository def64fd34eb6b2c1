internal import BenchReport
internal import DaemonContract
internal import DaemonLifecycle

/// From the wish to the end of an idle daemon, and of everything that belonged to it.
struct StopBenchmark: Benchmark {
    static let name = "stop"
    static let summary = "an idle daemon of each kind, beside SIGTERM to a plain process"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    func measure() async throws -> [Row] {
        var rows: [Row] = []
        for kind in DaemonUnderTest.kinds {
            let daemon = try DaemonUnderTest(kind, home: try workshop.home("stop-\(kind)"))
            var (floor, samples) = (Samples(), Samples())
            for round in 0..<(workshop.pace.rounds(20, quick: 12) + 1) {
                let plain = try PlainProcess.timeToStop()
                let caller = try daemon.caller()
                try await caller.ensure()
                let time = try await Clock.time {
                    let receipt = try await caller.stop()
                    guard receipt.wasRunning else { throw BenchError("\(kind) was not running when it was to be stopped") }
                }
                guard round > 0 else { continue }
                floor.add(plain)
                samples.add(time)
            }
            rows.append(
                Row(
                    Self.name, "\(kind), idle", unit: .milliseconds, floor: floor, subject: samples, budgets: [.median(below: 30)],
                    note: "floor: /bin/sleep, from SIGTERM until it has been waited for"))
        }
        return rows
    }
}
