import BenchReport
import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

/// The program itself, with daemons that it starts and stops.
@Suite struct ProgramTests {
    /// Everything that it makes is below the home.
    private func run(_ arguments: [String], _ home: TestHome) throws -> StartedProgram {
        try StartedProgram(
            StartedProgram.Plan(
                "\(TestHome.binaries)/rbee-bench", arguments, environment: ["PATH": "/usr/bin:/bin", "TMPDIR": home.path]),
            output: "\(home.path)/output")
    }

    private func folders(in home: TestHome) -> [String] {
        var found: [String] = []
        guard let folder = opendir(home.path) else { return [] }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasPrefix("rbee-bench-") { found.append(name) }
        }
        return found
    }

    @Test func aRunWritesItsReportAndLeavesNothing() async throws {
        try await TestHome.with { home in
            let program = try run(["stop", "--rounds", "1", "--json", "\(home.path)/run.json"], home)
            #expect(try await program.ended() == .exit(0), "\(program.output)")
            let report = try ContractJSON.decode(BenchReport.self, text: home.text("run.json") ?? "")
            #expect(report.schema == BenchReport.currentSchema)
            #expect(report.rows.map(\.name) == ["queen, idle", "hive, idle", "worker, idle", "context, idle"])
            #expect(report.rows.allSatisfy { $0.subject.values.count == 1 && $0.floor?.values.count == 1 && $0.holds != nil })
            #expect(report.machine.cores > 0 && report.machine.loadAfter.count == 3)
            #expect(program.output.contains("queen, idle"))
            #expect(folders(in: home).isEmpty)

            // Beside itself nothing has changed.
            let compared = try run(["compare", "\(home.path)/run.json", "\(home.path)/run.json", "--strict"], home)
            #expect(try await compared.ended() == .exit(0))
            #expect(compared.output.contains("4 rows compared, none got worse"))
        }
    }

    @Test func whenItIsInterruptedItEndsWhatItStarted() async throws {
        try await TestHome.with { home in
            let program = try run(["stop", "--rounds", "10000"], home)
            let root = try await eventually("the run's folder") { folders(in: home).first }
            // It is at work: the first daemon has been there.
            _ = try await eventually("a daemon") { home.text("\(root)/stop-queen/run/queen/default.lock") }
            try program.signal(SIGINT)
            #expect(try await program.ended() == .exit(130))
            #expect(folders(in: home).isEmpty)
        }
    }

    @Test(arguments: [(["nonsense"], 2), (["compare", "/nowhere.json", "/nowhere.json"], 1), (["--help"], 0)] as [([String], Int32)])
    func theExitCodeSaysWhoseFaultItIs(arguments: [String], expected: Int32) async throws {
        try await TestHome.with { home in
            let program = try run(arguments, home)
            #expect(try await program.ended() == .exit(expected))
            #expect(!program.output.isEmpty)
            #expect(folders(in: home).isEmpty)
        }
    }
}
