import Configuration
import Testing

@Suite("Models in the configuration")
struct ModelConfigurationTests {
    private func load(_ text: String) -> (ModelTable, [String]) {
        let (configuration, problems) = Configuration.load(bytes: Array(text.utf8), path: "c")
        return (configuration[Settings.models], problems.map(\.description))
    }

    @Test("A command with everything")
    func everything() throws {
        let (table, problems) = load(
            """
            models:
              org/llama-3.2:
                engine: command
                command: [llama-server, --port, "${PORT}", -m, "${MODEL}"]
                model: /models/llama.gguf
                env:
                  CUDA_VISIBLE_DEVICES: 0
                  EMPTY: ""
                health: /healthz
                start_timeout: 5m
                device: cuda:0
                ttl: 0
                directory: /srv
            """)
        #expect(problems.isEmpty)
        let model = try #require(table["org/llama-3.2"])
        #expect(
            model
                == ModelConfiguration(
                    name: "org/llama-3.2", engine: .command, command: ["llama-server", "--port", "${PORT}", "-m", "${MODEL}"],
                    model: "/models/llama.gguf", environment: ["CUDA_VISIBLE_DEVICES": "0", "EMPTY": ""], healthPath: "/healthz",
                    startTimeout: .seconds(300), device: "cuda:0", ttl: .zero, directory: "/srv"))
        #expect(table.models.map(\.name) == ["builtin", "org/llama-3.2"])
    }

    @Test("The least of each engine")
    func least() {
        let (table, problems) = load("models:\n  a: builtin\n  b: {engine: builtin}\n  c: {command: [x]}\n")
        #expect(problems.isEmpty)
        #expect(table.models.map(\.engine) == [.builtin, .builtin, .builtin, .command])
        #expect(table["c"]?.healthPath == "/health")
        #expect(table["c"]?.startTimeout == .seconds(120))
        #expect(table["d"] == nil)
    }

    @Test("The built-in model can be replaced")
    func replaced() {
        let (table, _) = load("models: {builtin: {command: [x]}}")
        #expect(table.models.count == 1)
        #expect(table["builtin"]?.engine == .command)
    }

    @Test(
        "A bad model is told of and left out, the others stay",
        arguments: [
            ("{engine: magic}", "c:3: models.bad.engine: expected one of builtin, command, found \"magic\""),
            ("{engine: command}", "c:3: models.bad.command: is required by the engine command, like [llama-server, --port, \"${PORT}\"]"),
            (
                "{command: llama-server}",
                "c:3: models.bad.command: expected a list of a program and its arguments, like [llama-server, --port, \"${PORT}\"], found \"llama-server\""
            ),
            (
                "{command: []}",
                "c:3: models.bad.command: expected a list of a program and its arguments, like [llama-server, --port, \"${PORT}\"], found an empty list"
            ),
            ("{command: [x], health: healthz}", "c:3: models.bad.health: expected a path that begins with /, found \"healthz\""),
            (
                "{command: [x], start_timeout: soon}",
                "c:3: models.bad.start_timeout: expected a duration from 1ms to 1d, like 500ms, 30s, 5m or 0, found \"soon\""
            ),
            ("{command: [x], env: [a]}", "c:3: models.bad.env: expected a mapping of variables to their values, found a list"),
            ("{command: [x], env: {A: [b]}}", "c:3: models.bad.env.A: expected a variable and its text, found a list"),
            ("{command: [x], directory: here}", "c:3: models.bad.directory: expected an absolute path, found \"here\""),
            ("command", "c:3: models.bad: expected builtin, or a mapping with engine and command, found \"command\""),
        ])
    func bad(text: String, description: String) {
        let (table, problems) = load("models:\n  good: {command: [x]}\n  bad: \(text)\n")
        #expect(problems == [description])
        #expect(table.models.map(\.name) == ["builtin", "good"])
    }

    @Test("An unknown or repeated field is told of and does no harm")
    func unknown() {
        let (table, problems) = load("models:\n  a:\n    command: [x]\n    comand: [y]\n    device: cpu\n    device: gpu\n  a: builtin\n")
        #expect(
            problems == [
                "c:4: models.a.comand: is not known; did you mean command?",
                "c:6: models.a.device: stands here a second time; the first one counts",
                "c:7: models.a: stands here a second time; the first one counts",
            ])
        #expect(table["a"]?.device == "cpu" && table["a"]?.command == ["x"])
    }

    @Test("Names without blanks", arguments: ["\"a b\"", "\"\"", "\"a\\n\""])
    func names(name: String) {
        let (table, problems) = load("models:\n  \(name): builtin\n")
        #expect(problems.count == 1)
        #expect(table.models.count == 1)
    }
}
