internal import DaemonContract
internal import OperationContract

/// `infer`: one completion, streamed.
enum InferCommand {
    private static let maxTokens = OptionSpec.value(
        "max-tokens", "N", .integer(1...1_000_000), "at most so many tokens", fallback: "\(InferRequest.defaultMaxTokens)")
    private static let temperature = OptionSpec.value(
        "temperature", "T", .number(0...2), "0 is the likeliest every time, more is more varied", fallback: "0.7")
    private static let topP = OptionSpec.value("top-p", "P", .number(0...1), "only the likeliest tokens that make up this share")
    private static let seed = OptionSpec.value("seed", "N", .integer(Int.min...Int.max), "the same seed gives the same text")
    private static let system = OptionSpec.value("system", "TEXT", .text, "what the model is told before the prompt")
    private static let noStream = OptionSpec.flag("no-stream", "print the whole text at the end instead of tokens as they come")

    /// How long a job may say nothing, unless --timeout says otherwise. Loading a model takes minutes, and says so meanwhile.
    private static let patience: Duration = .seconds(120)

    private static let model = OptionSpec.value(
        "model", short: "m", "MODEL", .text, "the model that shall answer", defaultText: "worker.model, builtin")

    static let command = Command(
        "infer", summary: "complete a prompt with a model, token by token",
        discussion: [
            "Starts the queen if need be; the queen finds a worker for the model or has one started. Tokens go to standard output as they "
                + "come, everything else to standard error. --timeout is how long nothing may happen, not how long all of it may take.",
            #"With --json one object a line as things happen: {"event":"token","text"}, then {"event":"result","result"}; with --no-stream "#
                + "only the result.",
        ],
        options: [model, maxTokens, temperature, topP, seed, system, noStream],
        operands: [OperandSpec("PROMPT", .text, "the text to go on from; '-' reads it from standard input")],
        exits: [
            .init(.done, "the model finished"), .init(.failed, "the job failed; its message is on standard error"), .init(.usage),
            .init(.notRunning, "the queen went away meanwhile"),
            .init(.timedOut, "nothing happened for too long (2m)"),
            .init(.interrupted, "Ctrl-C; the job was cancelled (129 after SIGHUP, 143 after SIGTERM)"),
        ],
        examples: [
            .init("rbee-keeper infer --model builtin \"Once upon a time\"", "with the model that is built in"),
            .init("git diff | rbee-keeper infer --model qwen --system 'Review this.' -", "a prompt from a pipe"),
        ],
        timeout: "2m without any event"
    ) { context in
        let arguments = context.arguments
        let wanted = try context.model(model)
        let typed = arguments.operands[0]
        let prompt = typed == "-" ? try context.input.readToEnd() : typed
        guard !prompt.isEmpty else {
            throw KeeperError(.usage, "the prompt is empty", next: ["rbee-keeper infer --help"], exit: .usage)
        }
        let request = InferRequest(
            model: wanted, prompt: prompt, maxTokens: arguments.integer(maxTokens), temperature: arguments.number(temperature),
            topP: arguments.number(topP), seed: arguments.integer(seed).map(Int64.init), system: arguments.text(system),
            stream: !arguments.has(noStream))
        let control = try await context.tidiedDaemons()
        let connection = try await context.waiting("the queen may go on starting; see 'rbee-keeper status'") { narrate in
            try await control.connected(StartPlan(.queen), narrate: narrate)
        }
        let output = context.output
        let job = JobRun(
            connection: connection, again: { try await control.connected(StartPlan(.queen)) { output.note($0) } },
            patience: arguments.timeout ?? patience, clock: context.clock
        ) {
            output.detail("job \($0)")
        }
        let printer = InferPrinter(output: context.output, isStreaming: !arguments.has(noStream))
        do {
            try await context.interruptible("the job was cancelled") { try await job.run(.infer(request)) { try printer.print($0) } }
        } catch let error where !(error is OutputError) {
            // What was printed so far ends its line before the error is told; if that fails too, the error counts.
            try? printer.finish()
            throw error
        }
        try printer.finish()
        return .done
    }
}
