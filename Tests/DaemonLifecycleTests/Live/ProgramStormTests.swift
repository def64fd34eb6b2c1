import DaemonContract
import EventLoop
import Glibc
import SplitMix
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// Programs, guards, launchers and supervisors come and go in every order; then what runs is what was wanted last, once each, and nothing else.
@Suite("Programs in a storm") struct ProgramStormTests {
    private static let names = ["a", "b", "c"]
    private static let steps = 60

    private enum Blow: CaseIterable {
        case program, child, guardian, launcher, supervisor, start, stop, restart
    }

    /// Each leaves a child in a session of its own; all carry the mark.
    private static func programs(_ mark: String) throws -> [ProgramSpecification] {
        try names.map {
            ProgramSpecification(
                id: try DaemonID(kind: .process, instance: $0), command: ["/bin/sh", "-c", "setsid sleep 1000 & exec sleep 1000"],
                environment: ["STORM": mark], isAutomatic: true, termination: .milliseconds(200))
        }
    }

    private static func marked(_ mark: String) -> [ProcessStat] {
        (ProcessTable.scan() ?? []).filter { !$0.isDead && $0.environmentValue("STORM") == mark }
    }

    /// What is otherwise than it was wanted last: nil once each wanted one runs, once, and beside it nothing but the child it may have.
    private static func trouble(_ fleet: ProgramFleet, _ wanted: Set<String>, _ mark: String) async throws -> String? {
        var pids: Set<Int32> = []
        for name in names {
            let report = try await fleet.report(name)
            guard report.state == (wanted.contains(name) ? .ready : .stopped) else { return "\(report)" }
            if let pid = report.pid { pids.insert(pid) }
        }
        let running = marked(mark)
        guard pids.count == wanted.count, pids.isSubset(of: running.map(\.pid)) else { return "\(pids) of \(running.map(\.pid))" }
        let others = running.filter { !pids.contains($0.pid) }
        return others.count <= pids.count ? nil : "too many: \(others.map { "\($0.pid) of \($0.parent)" })"
    }

    @Test(arguments: [1, 2, 3]) func whatWasWantedLastRunsOnce(seed: UInt64) async throws {
        try await LiveHome.with { home in
            let mark = home.path
            let policy = RestartMachine.Policy(firstPause: .milliseconds(1), longestPause: .milliseconds(20), startsAllowed: .max)
            var random = SplitMix64(seed: seed)
            var fleet = try ProgramFleet(home, policy: policy)
            await fleet.supervisor.define(try Self.programs(mark))
            await fleet.supervisor.begin()
            var wanted = Set(Self.names)
            for _ in 0..<Self.steps {
                let name = Self.names.randomElement(using: &random) ?? "a"
                let id = try DaemonID(kind: .process, instance: name)
                let pid = await fleet.supervisor.report(id)?.pid
                switch Blow.allCases.randomElement(using: &random) ?? .program {
                case .program: pid.map { _ = Glibc.kill($0, SIGKILL) }
                case .child: Self.marked(mark).randomElement(using: &random).map { _ = Glibc.kill($0.pid, SIGKILL) }
                case .guardian: pid.flatMap { ProgramGuard.of($0) }?.kill()
                case .launcher:
                    let guardian = pid.flatMap { ProgramGuard.of($0)?.watch.pid }
                    guard let parent = guardian.flatMap({ ProcessStat.of(pid: $0)?.parent }),
                        ProcessStat.of(pid: parent)?.name == "rbee-launch"
                    else { break }
                    _ = Glibc.kill(parent, SIGKILL)
                case .supervisor:
                    await fleet.supervisor.leave()
                    fleet = try ProgramFleet(home, policy: policy)
                    await fleet.supervisor.define(try Self.programs(mark))
                    await fleet.supervisor.begin()
                case .start:
                    wanted.insert(name)
                    _ = await fleet.supervisor.start([id])
                case .restart:
                    wanted.insert(name)
                    _ = await fleet.supervisor.restart([id])
                case .stop:
                    wanted.remove(name)
                    #expect(await fleet.supervisor.stop([id]) == [:])
                }
            }
            // The last blows may not have been noticed yet.
            let end = SuspendingClock.now + .seconds(60)
            while let trouble = try await Self.trouble(fleet, wanted, mark) {
                try #require(SuspendingClock.now < end, "seed \(seed): \(trouble)")
                try await EventLoop.shared.sleep(for: .milliseconds(5))  // a process that is killed tells nobody here
            }
            await fleet.supervisor.stopAll(within: .seconds(5))
            #expect(Self.marked(mark).isEmpty, "seed \(seed)")
            for id in try Self.programs(mark).map(\.id) {
                let files = try ProgramPlace(home: RbeeHome(root: home.path)).files(id).files
                #expect(try FileLock.probe(in: files.directory, name: files.lock) != .held, "seed \(seed)")
            }
        }
    }
}
