import ContextContract
import DaemonContract
import DaemonLifecycle
import KeeperCommands
import Platform
import Synchronization

/// A lifecycle in memory: rows that change when daemons are started and stopped, and a diary of what was asked.
final class FakeDaemons: DaemonControl, Sendable {
    struct State {
        var rows: [DaemonStatusRow] = []
        var diary: [String] = []
        var plans: [StartPlan] = []
        var notices: [String] = []
        var stops: [StopOptions] = []
        /// What happens instead of a start or stop of a daemon.
        var failures: [String: any Error] = [:]
        /// What else ends when a daemon is stopped with cascade.
        var owns: [String: [String]] = [:]
        var connections: [String: FakeConnection] = [:]
        var running: [String: StartPlan] = [:]
    }

    let state: Mutex<State>
    let isInstalled: Bool
    /// A home that is really put in order.
    let home: RbeeHome?

    init(
        _ rows: [DaemonStatusRow] = [], connections: [String: FakeConnection] = [:], isInstalled: Bool = true, home: RbeeHome? = nil
    ) {
        self.home = home
        self.isInstalled = isInstalled
        var state = State()
        state.rows = rows
        state.connections = connections
        self.state = Mutex(state)
    }

    var diary: [String] { state.withLock { $0.diary } }
    var plans: [StartPlan] { state.withLock { $0.plans } }

    func fail(_ name: String, with error: any Error) {
        state.withLock { $0.failures[name] = error }
    }

    /// The context daemon answers everything with an acknowledgement.
    func ask(_ request: ContextRequest, starting: Bool, within limit: Duration) async throws -> ContextResponse {
        state.withLock { $0.diary.append("ask \(request.action.rawValue)\(starting ? "" : " if it runs")") }
        return .ack
    }

    func rows() async throws -> [DaemonStatusRow] { state.withLock { $0.rows } }

    func tidyUp() async throws -> [String] {
        guard let home else { return state.withLock { $0.notices } }
        return try await Upkeep(home: home).run()
    }

    func clear(_ ids: [DaemonID]?) async throws -> [String] {
        state.withLock { $0.diary.append("clear \(ids.map { $0.map(\.description).joined(separator: " ") } ?? "everything")") }
        return []
    }

    func row(of id: DaemonID) async throws -> DaemonStatusRow {
        state.withLock { $0.rows.first { $0.kind == id.kind && $0.instance == id.instance } }
            ?? DaemonStatusRow(kind: id.kind, instance: id.instance, state: .stopped)
    }

    func start(_ plan: StartPlan, narrate: @escaping Narrate) async throws -> StartedDaemon {
        try state.withLock { state in
            state.diary.append("start \(plan.id)")
            state.plans.append(plan)
            if let failure = state.failures["start \(plan.id)"] { throw failure }
        }
        narrate("\(plan.id): launching")
        let port = plan.port ?? 7833
        let url = "http://127.0.0.1:\(port)"
        return state.withLock { state in
            if let row = state.rows.first(where: { $0.kind == plan.id.kind && $0.instance == plan.id.instance && $0.state.isRunning }) {
                return StartedDaemon(
                    id: plan.id, handle: .alreadyRunning(daemonName: plan.id.kind.binaryName, baseURL: row.baseURL ?? url), pid: row.pid,
                    version: row.version)
            }
            state.rows.removeAll { $0.kind == plan.id.kind && $0.instance == plan.id.instance }
            state.rows.append(
                DaemonStatusRow(
                    kind: plan.id.kind, instance: plan.id.instance, state: .ready, pid: 100, baseURL: url, version: "0.1.0", uptimeSecs: 0,
                    owned: true, owner: "keeper"))
            return StartedDaemon(
                id: plan.id, handle: .startedByUs(daemonName: plan.id.kind.binaryName, baseURL: url, pid: 100), pid: 100, version: "0.1.0")
        }
    }

    func stop(_ id: DaemonID, _ options: StopOptions, narrate: @escaping Narrate) async throws -> StopReceipt {
        try state.withLock { state in
            state.diary.append("stop \(id)")
            state.stops.append(options)
            if let failure = state.failures["stop \(id)"] { throw failure }
            let gone = [id.description] + (options.cascade ? state.owns[id.description] ?? [] : [])
            let isRunning = { (row: DaemonStatusRow) in row.state.isRunning && "\(row.kind)/\(row.instance)" == id.description }
            let wasRunning = state.rows.contains(where: isRunning)
            state.rows.removeAll { gone.contains("\($0.kind)/\($0.instance)") }
            return StopReceipt(
                daemon: id.description, wasRunning: wasRunning, rungs: [.init(step: "shutdown", result: "accepted", milliseconds: 4)],
                processes: wasRunning ? [.init(pid: 100, name: "queen-rbee", signalled: false)] : [], socketRemoved: true, portFree: true,
                milliseconds: 4.25)
        }
    }

    func connection(to id: DaemonID) async throws -> any DaemonConnection {
        guard let connection = state.withLock({ $0.connections[id.description] }) else {
            throw KeeperError(
                .notRunning, "\(id) does not run", next: ["rbee-keeper \(id.kind) start"], exit: .notRunning)
        }
        return connection
    }

    func planAsRunning(_ id: DaemonID) async throws -> StartPlan {
        state.withLock { $0.running[id.description] } ?? StartPlan(id)
    }

    func foreground(_ plan: StartPlan) async throws -> ForegroundProgram {
        ForegroundProgram(path: "/nowhere/\(plan.id.kind.binaryName)", arguments: [plan.id.kind.binaryName], environment: [:])
    }

    func locate(_ kind: DaemonKind) -> BinarySearch {
        BinarySearch(name: kind.binaryName, found: isInstalled ? "/bin/\(kind.binaryName)" : nil, places: ["/a", "/b"])
    }

    func locateLauncher() -> BinarySearch {
        BinarySearch(name: "rbee-launch", found: isInstalled ? "/bin/rbee-launch" : nil, places: ["/a", "/b"])
    }
}

extension DaemonStatusRow {
    static func running(
        _ kind: DaemonKind, _ instance: String, state: DaemonState = .ready, pid: Int32 = 100, owner: String? = "keeper", port: Int = 7833
    ) -> DaemonStatusRow {
        DaemonStatusRow(
            kind: kind, instance: instance, state: state, pid: pid, baseURL: "http://127.0.0.1:\(port)", version: "0.1.0", uptimeSecs: 200,
            owned: owner == "keeper", owner: owner)
    }
}
