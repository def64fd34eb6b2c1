import DaemonContract
import DaemonRuntime
import EventLoop
import Glibc
import HTTP
import OperationContract

/// The service of the test daemon.
actor TestService: DaemonService {
    static let options = [
        CommandOption("--kind", value: "KIND", "which kind of daemon to be"),
        CommandOption("--exit-at-once", "exit with 3 before anything else"),
        CommandOption("--start-delay", value: "DURATION", "how long it takes to come up"),
        CommandOption("--extend", value: "DURATION", "say while coming up that it takes so long"),
        CommandOption("--start-code", value: "CODE", "fail to come up with this code"),
        CommandOption("--start-hang", "never come up"),
        CommandOption("--drain-delay", value: "DURATION", "how long closing takes"),
        CommandOption("--degraded", value: "REASON", "be degraded"),
        CommandOption("--unhealthy", value: "REASON", "be unhealthy"),
        CommandOption("--output", value: "TEXT", "write this to standard error"),
        CommandOption("--noise", value: "BYTES", "write so much to standard error"),
        CommandOption("--silent", "stop answering once ready"),
        CommandOption("--crash", value: "CODE", "exit with this code once ready"),
    ]

    private nonisolated let context: DaemonContext
    private nonisolated let behaviour: TestBehaviour
    private var calls = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    init(_ context: DaemonContext, _ behaviour: TestBehaviour) {
        self.context = context
        self.behaviour = behaviour
    }

    nonisolated func routes(_ router: inout Router) {
        router.get("/v1/look") { _, _ in .text("seen") }
        router.get("/v1/calls") { _, _ in .text(String(await self.calls)) }
        router.post("/v1/use") { request, _ in
            await self.called()
            return .json(bytes: try await request.collectBody())
        }
        router.post("/v1/chat/completions", access: .openAI) { _, _ in .text("said") }
        router.post("/v1/fail") { _, _ in throw TestFailure() }
        router.post("/v1/fail/{number}") { _, _ in throw TestFailure() }
        // Uses the daemon for so long, and says when it has begun.
        router.post("/v1/slow/{time}") { [context] _, parameters in
            let milliseconds = Int(parameters["time"]) ?? 0
            return HTTPResponse(
                content: .stream { writer in
                    try await writer.write("begun\n")
                    try await context.loop.sleep(for: .milliseconds(milliseconds))
                    try await writer.write("done\n")
                })
        }
        // Looks for ever.
        router.get("/v1/watch") { [context] _, _ in
            HTTPResponse(
                content: .stream { writer in
                    try await writer.write("begun\n")
                    try await context.loop.sleep(for: .seconds(86_400))
                })
        }
        // The service breaks: it drains, and ends with this code.
        router.post("/v1/break/{code}") { [context] _, parameters in
            context.fail(StartError(StartError.Code(rawValue: Int32(parameters["code"]) ?? 70), "told to break"))
            return .text("breaking")
        }
        router.post("/v1/leave") { [context] _, _ in
            context.shutDown(cascade: false)
            return .text("leaving")
        }
        router.jobs(context.jobs) { operation, job in try await self.perform(operation, job) }
    }

    func start() async throws {
        if let output = behaviour.output { StandardError.say(output) }
        for _ in 0..<(behaviour.noise / 100) { StandardError.say(String(repeating: "n", count: 99)) }
        if let span = behaviour.extends { context.extendStart(by: span, "coming up") }
        if behaviour.startDelay > .zero { try await context.loop.sleep(for: behaviour.startDelay) }
        if let code = behaviour.startCode { throw StartError(StartError.Code(rawValue: code), "told not to come up") }
        if behaviour.hangsInStart { await ResumeOnce<Void, Never>().value() }
        // Once ready: the runtime announces that in the turn that follows this one.
        if let code = behaviour.crashCode { context.loop.schedule(after: .milliseconds(20)) { _exit(code) } }
        if behaviour.goesSilent { context.loop.schedule(after: .milliseconds(20)) { while true { pause() } } }
    }

    func health() async -> HealthStatus { behaviour.health }

    func metrics() async -> [Metric] { [Metric("test_calls_total", .counter, "Calls of /v1/use.", Double(calls))] }

    func drain(cascade: Bool, within limit: Duration) async {
        context.log.info("Closing.", ["cascade": .flag(cascade)])
        if behaviour.drainDelay > .zero { try? await context.loop.sleep(for: behaviour.drainDelay) }
    }

    private func called() {
        calls += 1
    }

    private func perform(_ operation: Operation, _ job: Job) async throws {
        context.narrator.say("perform", "Performing \(operation.name.rawValue).")
        switch operation {
        case .status:
            try job.reply(["status": "fine"])
        case .infer(let request):
            for word in request.prompt.split(separator: " ") {
                job.token(String(word))
                try await context.loop.sleep(for: .milliseconds(1))
            }
        case .modelList:
            // Goes on until it is cancelled.
            try await context.loop.sleep(for: .seconds(86_400))
        default:
            throw TestFailure()
        }
    }
}

struct TestFailure: Error, CustomStringConvertible {
    var description: String { "told to fail" }
}
