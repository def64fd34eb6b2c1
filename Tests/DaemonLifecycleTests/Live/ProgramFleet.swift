import DaemonContract
import EventLoop
import Synchronization
import Testing

@testable import DaemonLifecycle

/// A supervisor of a home's programs, as a hive is one, and everything that it told.
final class ProgramFleet: Sendable {
    let supervisor: ProgramSupervisor
    private let told: Told

    init(_ home: LiveHome, owner: String = "hive/test", policy: RestartMachine.Policy = .init()) throws {
        let told = Told()
        supervisor = ProgramSupervisor(context: try LifecycleContext(home: home.path, owner: owner), policy: policy) { _ in told.note()
        }
        self.told = told
    }

    func report(_ name: String) async throws -> ProgramSupervisor.Report {
        try #require(await supervisor.report(try DaemonID(kind: .process, instance: name)))
    }

    /// Waits until a program is in a state, as another process than before.
    func wait(_ name: String, _ state: DaemonState, otherThan pid: Int32? = nil) async throws -> ProgramSupervisor.Report {
        let end = SuspendingClock.now + .seconds(60)
        while SuspendingClock.now < end {
            let report = try await report(name)
            if report.state == state, pid == nil || report.pid != pid { return report }
            await told.next()
        }
        throw LifecycleError(.timedOut, "\(name) did not become \(state): \(try await report(name))")
    }
}

/// What a supervisor has told, for whoever waits for more.
private final class Told: Sendable {
    private let turns = Mutex<[ResumeOnce<Void, Never>]>([])

    func note() {
        let waiting = turns.withLock { turns in
            defer { turns = [] }
            return turns
        }
        for turn in waiting { turn.resume(with: .success(())) }
    }

    /// The next word, or a moment: it may have come just before.
    func next() async {
        let turn = ResumeOnce<Void, Never>()
        turns.withLock { $0.append(turn) }
        let timer = EventLoop.shared.schedule(after: .milliseconds(50)) { turn.resume(with: .success(())) }
        defer { timer.cancel() }
        await turn.value()
    }
}
