public import DaemonContract

/// What is particular to one daemon: who it is, which program it is, and how it is started.
public struct DaemonSpecification: Sendable, Hashable {
    /// Kind and instance.
    public var id: DaemonID
    /// The program's name, looked for in `RBEE_BIN_DIR`, `$RBEE_HOME/bin`, beside the running executable, `~/.local/bin` and
    /// `/usr/lib/rbee`; or its absolute path.
    public var program: String
    /// The arguments after the program's name. `--instance` is added.
    public var arguments: [String]
    /// What its environment has beyond the starter's.
    public var environment: [String: String]
    /// How long the daemon may take from its launch until it has answered. It can ask for more while it starts (`EXTEND_TIMEOUT_USEC`). One that
    /// somebody else starts, or that is on its way out, is waited for as long, before.
    public var startTimeout: Duration
    /// How long it may drain when it is stopped.
    public var grace: Duration
    /// Whether the program says when it is ready; one that does not is polled.
    public var notifies: Bool
    /// Stop a running daemon of another build and start this one.
    public var replacesOtherBuilds: Bool

    /// - Parameters:
    ///   - id: kind and instance.
    ///   - program: name or absolute path; nil takes the kind's program.
    ///   - arguments: what follows the program's name.
    ///   - environment: what it has beyond the starter's.
    ///   - startTimeout: how long it may take until it has answered.
    ///   - grace: how long it may drain.
    ///   - notifies: whether it says when it is ready.
    ///   - replacesOtherBuilds: whether a running daemon of another build is stopped first.
    public init(
        id: DaemonID, program: String? = nil, arguments: [String] = [], environment: [String: String] = [:],
        startTimeout: Duration = .seconds(30), grace: Duration = .seconds(10), notifies: Bool = true, replacesOtherBuilds: Bool = false
    ) {
        self.id = id
        self.program = program ?? id.kind.binaryName
        self.arguments = arguments
        self.environment = environment
        self.startTimeout = startTimeout
        self.grace = grace
        self.notifies = notifies
        self.replacesOtherBuilds = replacesOtherBuilds
    }
}

extension DaemonSpecification {
    /// The specification of a kind's daemon.
    ///
    /// - Throws: `invalidArgument` for a name that is none.
    public init(kind: DaemonKind, instance: String? = nil) throws(LifecycleError) {
        do {
            self.init(id: try DaemonID(kind: kind, instance: instance))
        } catch {
            throw LifecycleError(.invalidArgument, error.message, underlying: error)
        }
    }

    /// Adds an option with its value; without a value nothing, so that the daemon's configuration decides.
    public mutating func setOption(_ name: String, _ value: String?) {
        guard let value else { return }
        arguments += [name, value]
    }

    /// A duration as an option's value, in whole milliseconds.
    public static func text(_ duration: Duration) -> String {
        duration == .zero ? "0" : "\(Int64(duration.milliseconds))ms"
    }
}
