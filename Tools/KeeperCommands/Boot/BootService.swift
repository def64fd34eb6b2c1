internal import DaemonContract

/// A daemon as a service manager starts it.
struct BootService: Hashable, Sendable {
    let id: DaemonID
    /// What the daemon is, in a line.
    let summary: String
    /// The program, all its arguments after it.
    let command: [String]
    /// What stops it with everything it owns.
    let stopCommand: [String]
    /// Variables it needs, by name.
    let environment: [(name: String, value: String)]
    /// Where it writes what is not in its log.
    let output: String

    static func == (left: BootService, right: BootService) -> Bool { left.key == right.key }
    func hash(into hasher: inout Hasher) { hasher.combine(key) }
    private var key: [String] { [id.description] + command + stopCommand + environment.map { "\($0.name)=\($0.value)" } + [output] }

    /// `rbee-context`, or `rbee-worker-tiny-1`.
    var name: String {
        id.instance == id.kind.defaultInstance ? "rbee-\(id.kind)" : "rbee-\(id.kind)-\(id.instance)"
    }
}
