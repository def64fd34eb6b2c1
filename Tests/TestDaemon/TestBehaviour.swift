import DaemonContract
import DaemonRuntime

/// What the test daemon is told to do.
struct TestBehaviour: Sendable {
    /// How long it takes to come up.
    var startDelay: Duration = .zero
    /// Says while it comes up that this is how long it takes.
    var extends: Duration?
    /// Fails to come up, with this code.
    var startCode: Int32?
    /// Never comes up, and heeds no cancellation.
    var hangsInStart = false
    /// How long closing takes.
    var drainDelay: Duration = .zero
    /// How it says it is.
    var health: HealthStatus = .healthy
    /// What it writes to its standard error when it comes up.
    var output: String?
    /// How many bytes of it.
    var noise = 0
    /// Its loop stops turning as soon as it is ready: it is silent, and heeds neither requests nor signals.
    var goesSilent = false
    /// Ends by itself, with this code, as soon as it is ready.
    var crashCode: Int32?

    init(_ arguments: CommandArguments) throws(UsageError) {
        startDelay = try arguments.duration("--start-delay") ?? .zero
        extends = try arguments.duration("--extend")
        startCode = try arguments.number("--start-code", in: 0...255).map { Int32($0) }
        hangsInStart = arguments.has("--start-hang")
        drainDelay = try arguments.duration("--drain-delay") ?? .zero
        if let reason = arguments.value("--degraded") { health = .degraded(reason: reason) }
        if let reason = arguments.value("--unhealthy") { health = .unhealthy(reason: reason) }
        output = arguments.value("--output")
        noise = try arguments.number("--noise", in: 0...(1 << 30)) ?? 0
        goesSilent = arguments.has("--silent")
        crashCode = try arguments.number("--crash", in: 0...255).map { Int32($0) }
    }
}
