internal import BenchReport
internal import ContextLifecycle
internal import DaemonContract
internal import DaemonLifecycle
internal import HiveLifecycle
internal import QueenLifecycle
internal import WorkerLifecycle

/// A kind of daemon, and how each of its lives is started: alone, without others to talk to.
struct DaemonUnderTest: Sendable {
    let kind: DaemonKind
    let home: String
    let specification: DaemonSpecification

    static let kinds: [DaemonKind] = [.queen, .hive, .worker, .context]

    init(_ kind: DaemonKind, home: String) throws {
        self.kind = kind
        self.home = home
        let lifecycle: DaemonLifecycle =
            switch kind {
            case .queen: try QueenLifecycle(owner: "bench", home: home, configure: Self.alone).lifecycle
            case .hive: try HiveLifecycle(owner: "bench", home: home, configure: Self.alone).lifecycle
            case .worker: try WorkerLifecycle(model: "builtin", timeToLive: .zero, owner: "bench", home: home).lifecycle
            case .context: try ContextLifecycle(owner: "bench", home: home).lifecycle
            default: throw BenchError("there is no daemon of kind \(kind)")
            }
        specification = lifecycle.specification
    }

    private static func alone(_ specification: inout DaemonSpecification) {
        specification.environment["RBEE_QUEEN_AUTOSTART_HIVE"] = "false"
    }

    /// A caller that has seen nothing of it yet.
    func caller() throws -> DaemonLifecycle { try DaemonLifecycle(specification, owner: "bench", home: home) }

    var controlSocket: Connection.Address { .unix(path: "\(home)/run/\(kind)/\(specification.id.instance).sock") }
}
