/// Draws what keepers and library callers do.
enum CommandPlanner {
    /// The model whose engine is a program of its own.
    static let engineModel = "eng"
    /// Folders in each home that the context daemon is asked about; a command names one as `@name`.
    static let projects = ["p-1", "p-2"]
    private static let models = ["builtin", "builtin", engineModel]

    /// Without temperature the model that is built in always has something to say; otherwise it may draw the end first, which is an answer as well.
    static func infer(_ model: String, timeout: String? = nil) -> [String] {
        let limit = timeout.map { ["--timeout", $0] } ?? []
        return ["infer", "--model", model, "--max-tokens", "8", "--temperature", "0"] + limit + ["The bees keep"]
    }

    static func step(_ generator: inout SeededGenerator) -> CommandStep {
        var words = command(&generator)
        if takesTimeout(words), generator.happens(70) { words += ["--timeout", generator.one(of: ["5s", "10s", "20s"])] }
        return CommandStep(pause: generator.number(in: 0...400), words: words)
    }

    private static func command(_ generator: inout SeededGenerator) -> [String] {
        let kind = generator.one(of: ["queen", "hive", "context"])
        let project = "@\(generator.one(of: projects))"
        let worker = "w-\(generator.number(in: 1...3))"
        let model = generator.one(of: models)
        let families: [(weight: Int, value: [String])] = [
            (9, [kind, "start", "--json"]), (9, [kind, "ensure", "--json"]), (4, [kind, "stop", "--grace", "1s"]),
            (5, [kind, "restart", "--json"]), (2, [kind, "stop", "--no-cascade", "--grace", "500ms"]),
            (7, ["worker", "start", worker, "--model", model, "--json"]), (4, ["worker", "stop", worker, "--grace", "1s"]),
            (3, ["worker", "restart", worker, "--model", model, "--json"]), (3, ["worker", "stop", "--all", "--grace", "1s"]),
            (5, ["worker", "spawn", "--model", model]), (2, ["worker", "get", worker]),
            (9, ["up", "--json"]), (4, ["up", "--model", engineModel, "--json"]), (3, ["down", "--grace", "1s"]),
            (1, ["shutdown-all", "--grace", "1s"]),
            (12, infer(model)), (6, ["ping", kind]),
            (3, ["ping", "worker/\(worker)"]),
            (8, ["list", "--json"]), (7, ["status", "--json"]), (3, ["keep-alive", "--for", "300ms"]), (2, ["doctor"]),
            (3, ["doctor", "--fix"]), (2, [kind, "logs", "-n", "3"]),
            (5, ["context", "init", project, "--json"]), (8, ["context", "get", project, "--prompt", "what do the bees do"]),
            (3, ["context", "project", project, "--json"]), (3, ["context", "graft", "bees are kept", "--path", project]),
            (4, ["context", "ping", "--json"]),
        ]
        return generator.weighted(families)
    }

    private static func takesTimeout(_ words: [String]) -> Bool {
        words.contains { ["start", "ensure", "restart", "up", "stop", "infer", "spawn", "init", "get", "graft"].contains($0) }
    }

    static func call(_ generator: inout SeededGenerator) -> LibraryStep {
        let call: LibraryStep.Call = generator.weighted([
            (30, .ensure), (18, .send), (10, .lease), (10, .release), (8, .stop), (6, .restart), (6, .find), (6, .status), (6, .ping),
        ])
        return LibraryStep(pause: generator.number(in: 0...300), call: call, charge: generator.one(of: Charge.stormy))
    }

    /// A command that cannot fail where nobody disturbs: it has all the time a busy machine may need.
    static func witness(_ generator: inout SeededGenerator) -> CommandStep {
        let words: [String] = generator.weighted([
            (30, ["ping", "queen", "--timeout", "60s"]), (20, ["ping", "hive", "--timeout", "60s"]),
            (30, infer("builtin", timeout: "60s")),
            (20, ["list", "--json"]), (15, ["context", "get", "@\(projects[0])", "--json", "--timeout", "60s"]),
            (10, ["context", "graft", "bees are kept", "--path", "@\(projects[0])", "--timeout", "60s"]),
            (10, ["context", "ping", "--timeout", "60s"]),
        ])
        return CommandStep(pause: generator.number(in: 200...900), words: words)
    }
}
