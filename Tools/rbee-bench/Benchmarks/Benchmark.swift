internal import BenchReport

/// One subcommand: a group of measurements that share what they start.
protocol Benchmark: Sendable {
    /// Its name on the command line and in reports.
    static var name: String { get }
    /// A line for the help.
    static var summary: String { get }

    init(_ workshop: Workshop)

    /// Starts what is needed, measures, and stops what it started.
    func measure() async throws -> [Row]
}

/// Every subcommand, in the order of `all`.
enum Benchmarks {
    static let all: [any Benchmark.Type] = [
        IPCBenchmark.self, HTTPBenchmark.self, StartBenchmark.self, StopBenchmark.self, CrashBenchmark.self, FleetBenchmark.self,
        IdleBenchmark.self,
        SoakBenchmark.self, CLIBenchmark.self, GrowthBenchmark.self,
    ]

    static var names: [String] { all.map { $0.name } }

    static func named(_ name: String) -> (any Benchmark.Type)? { all.first { $0.name == name } }
}
