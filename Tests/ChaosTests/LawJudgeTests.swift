import DaemonContract
import Testing

@testable import rbee_chaos

/// Each law is seen to be broken where it is: a judge who cannot condemn proves nothing.
struct LawJudgeTests {
    private static let nonce = String(repeating: "a", count: 32)
    private static let other = String(repeating: "b", count: 32)

    private static func process(
        _ pid: Int32, _ role: Role = .worker, _ daemon: String? = "worker/w-1", nonce: String = nonce, ticks: UInt64 = 100
    ) -> SeenProcess {
        SeenProcess(
            pid: pid, parent: 1, startTicks: ticks, state: UInt8(ascii: "S"), role: role, home: 0, daemon: daemon, nonce: nonce,
            hasInheritedLock: role.isDaemon, command: "x")
    }

    private static func record(pid: Int32 = 10, nonce: String = nonce) -> DaemonRecord {
        DaemonRecord(
            kind: .worker, instance: "w-1", nonce: nonce, pid: pid, startTicks: 100, bootID: "boot", pidNamespace: 1, state: .ready,
            socket: "/s", buildID: "b", ttlSecs: 0, graceMs: 0, startedAt: 5)
    }

    private static func row(_ state: DaemonState = .ready, pid: Int32 = 10, owned: Bool = true) -> DaemonStatusRow {
        DaemonStatusRow(kind: .worker, instance: "w-1", state: state, pid: pid, owned: owned)
    }

    private static func handle(_ pid: Int32 = 10, nonce: String = nonce, intent: Bool = false, createdAt: UInt64 = 50) -> Snapshot.Handle {
        let file = HandleFile(
            handle: nil, identity: .init(nonce: nonce, pid: intent ? nil : pid, startTicks: 100), kind: .worker, instance: "w-1",
            owner: "keeper", intent: intent, createdAt: createdAt)
        return Snapshot.Handle(path: "/h", daemon: "worker/w-1", content: file)
    }

    private static let line = LockSight.Line("10 100 boot 1 \(nonce)\n")

    /// A worker with an engine under its guard, and all as it should be.
    private static let healthy: Snapshot = {
        var snapshot = Snapshot(home: 0)
        snapshot.processes = [
            process(10), process(20, .guard, nil), process(21, .engine, nil), process(22, .engineChild, nil), process(9, .shepherd, nil),
        ]
        snapshot.locks = [.init(daemon: "worker/w-1", isHeld: true, line: line, holders: [10, 9])]
        snapshot.records = [.init(daemon: "worker/w-1", content: record())]
        snapshot.handles = [handle()]
        snapshot.sockets = ["worker/w-1"]
        snapshot.listed = [row()]
        return snapshot
    }()

    private func laws(_ change: (inout Snapshot) -> Void) -> Set<Violation.Law> {
        var snapshot = Self.healthy
        change(&snapshot)
        return Set(LawJudge(snapshot: snapshot, isTidied: true).violations().map(\.law))
    }

    @Test func aHealthyHomeBreaksNone() {
        #expect(laws { _ in } == [])
        #expect(laws { $0 = Snapshot(home: 1, listed: []) } == [])
    }

    @Test func oneServes() {
        #expect(laws { $0.processes.append(Self.process(11)) }.contains(.one))
        #expect(laws { $0.processes.append(Self.process(23, .guard, nil)) } == [.one])
    }

    @Test func heldIsAlive() {
        #expect(laws { $0.locks = [] } == [.heldIsAlive])
        #expect(laws { $0.locks = [.init(daemon: "worker/w-1", isHeld: false, line: Self.line, holders: [])] } == [.heldIsAlive])
        #expect(laws { $0.locks = [.init(daemon: "worker/w-1", isHeld: true, line: Self.line, holders: [9])] } == [.heldIsAlive])
        #expect(laws { $0.locks = [.init(daemon: "worker/w-1", isHeld: true, line: nil, holders: [10])] } == [.heldIsAlive])
        let wrong = LockSight.Line("11 100 boot 1 \(Self.nonce)\n")
        #expect(laws { $0.locks = [.init(daemon: "worker/w-1", isHeld: true, line: wrong, holders: [10])] } == [.heldIsAlive])
        #expect(laws { $0.locks.append(.init(daemon: "worker/w-2", isHeld: true, line: nil, holders: [9])) } == [.heldIsAlive])
    }

    @Test func listKnowsWhoLives() {
        #expect(laws { $0.listed = nil } == [.noOrphans])
        #expect(laws { $0.listed = [] } == [.noOrphans])
        #expect(laws { $0.listed = [Self.row(pid: 11)] } == [.noOrphans])
        #expect(laws { $0.listed = [Self.row(.silent)] } == [.noOrphans])
        #expect(laws { $0.listed?.append(DaemonStatusRow(kind: .queen, instance: "default", state: .ready, pid: 99)) } == [.noOrphans])
        #expect(laws { $0.listed?.append(DaemonStatusRow(kind: .queen, instance: "default", state: .stale)) } == [])
    }

    @Test func filesAreTheirOwnersOwn() {
        #expect(laws { $0.sockets = [] } == [.noOrphans])
        #expect(laws { $0.records = [] } == [.noOrphans])
        #expect(laws { $0.records = [.init(daemon: "worker/w-1", content: nil)] } == [.nothingHalfWritten])
        #expect(laws { $0.records = [.init(daemon: "worker/w-1", content: Self.record(pid: 77))] } == [.nothingHalfWritten])
        #expect(laws { $0.records = [.init(daemon: "worker/w-1", content: Self.record(nonce: Self.other))] } == [.nothingHalfWritten])
        #expect(laws { $0.handles = [Self.handle(77)] } == [.onlyTheOwner])
        #expect(laws { $0.handles = [.init(path: "/h", daemon: "worker/w-1", content: nil)] } == [.nothingHalfWritten])
        // Those of another run are history, and those of the vandal say nothing.
        #expect(laws { $0.handles = [Self.handle(77, nonce: Self.other), Self.handle(77, createdAt: 1)] } == [])
    }

    @Test func theContextDaemonHasItsSocketAndItsProjects() {
        func context(_ sockets: [String]) -> Set<Violation.Law> {
            laws {
                $0.processes[0] = Self.process(10, .context)
                $0.requestSockets = sockets
            }
        }
        #expect(context(["worker/w-1"]) == [])
        #expect(context([]) == [.noOrphans])
        #expect(laws { $0.brokenManifests = ["/m"] } == [.nothingHalfWritten])
    }

    @Test func nothingLivesOutside() {
        for role: Role in [.keeper, .launcher, .unknown] {
            #expect(laws { $0.processes.append(Self.process(30, role, nil)) } == [.noOrphans])
        }
        for role: Role in [.shepherd, .engine, .engineChild, .oddChild] {
            #expect(laws { $0.processes.append(Self.process(30, role, nil, nonce: Self.other)) } == [.noOrphans], "\(role)")
        }
        #expect(laws { $0.processes.removeAll { $0.role == .guard } } == [.noOrphans], "an engine without its guard")
        #expect(laws { $0.processes.removeAll { $0.role == .guard || $0.role == .engine } } == [.noOrphans], "what an engine left")
    }

    @Test func nobodyCrashes() {
        #expect(laws { $0.lastEnds["worker/w-1"] = LastEnd(nonce: Self.other, pid: 8, signal: 5, output: "", endedAt: 1) } == [.bounded])
        #expect(laws { $0.lastEnds["worker/w-1"] = LastEnd(nonce: Self.other, pid: 8, signal: 9, output: "", endedAt: 1) } == [])
        #expect(laws { $0.outputs["worker/w-1"] = "x.swift:1: Fatal error: y" } == [.bounded])
        #expect(laws { $0.setAside["/r"] = 21 } == [.bounded])
    }

    @Test func afterAShutdownNothingIsLeft() {
        func left(_ change: (inout Snapshot) -> Void) -> [Violation.Law] {
            var snapshot = Snapshot(home: 0, listed: [])
            change(&snapshot)
            return LawJudge(snapshot: snapshot).leftovers(now: 200).map(\.law)
        }
        #expect(left { _ in } == [])
        #expect(left { $0.processes = [Self.process(9, .shepherd, nil)] } == [.noOrphans])
        #expect(left { $0.locks = Self.healthy.locks } == [.heldIsAlive])
        #expect(left { $0.sockets = ["worker/w-1"] } == [.onlyTheOwner])
        #expect(left { $0.requestSockets = ["context/default"] } == [.onlyTheOwner])
        #expect(left { $0.records = Self.healthy.records } == [.onlyTheOwner])
        #expect(left { $0.handles = [.init(path: "/h", daemon: "worker/w-1", content: nil)] } == [.nothingHalfWritten])
        #expect(left { $0.handles = [Self.handle(intent: true, createdAt: 100)] } == [.onlyTheOwner])
        #expect(left { $0.handles = [Self.handle(intent: true, createdAt: 150)] } == [], "a start may be under way")
        #expect(left { $0.listed = [Self.row()] } == [.stopEnds])
    }

    @Test func downLeavesNothingOfTheKeepers() {
        func left(_ rows: [DaemonStatusRow]?) -> Int { LawJudge(snapshot: Snapshot(home: 0, listed: rows)).keepersOwn().count }
        #expect(left([]) == 0 && left([Self.row(owned: false)]) == 0)
        #expect(left([Self.row()]) == 1 && left(nil) == 1)
    }
}
