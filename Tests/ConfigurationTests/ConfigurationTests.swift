import Configuration
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    private func load(
        _ text: String, environment: [String: String] = [:], flags: [String: String] = [:]
    ) -> (Configuration, [ConfigurationProblem]) {
        Configuration.load(bytes: Array(text.utf8), path: "c.yaml", environment: environment, flags: flags)
    }

    @Test("Defaults")
    func defaults() {
        let (configuration, problems) = Configuration.load(file: nil)
        #expect(problems.isEmpty)
        #expect(configuration[Settings.queenPort] == 7833)
        #expect(configuration[Settings.hivePort] == 7835)
        #expect(configuration[Settings.queenTTL] == .zero)
        #expect(configuration[Settings.workerTTL] == .seconds(300))
        #expect(configuration[Settings.startTimeout] == .seconds(30))
        #expect(configuration[Settings.stopGrace] == .seconds(10))
        #expect(configuration[Settings.httpBodyBytes] == 16 << 20)
        #expect(configuration[Settings.httpHeadBytes] == 64 << 10)
        #expect(configuration[Settings.apiKeys] == [])
        #expect(configuration[Settings.binDirectory] == nil)
        #expect(configuration[Settings.models]["builtin"]?.engine == .builtin)
        #expect(configuration.entries.allSatisfy { $0.source == .defaults })
        #expect(configuration.entries.map(\.key) == Settings.all)
    }

    @Test("Every key has a name of its own, help, and a default that its own type takes", arguments: Settings.all)
    func keys(key: ConfigurationKey) throws {
        #expect(Settings.all.filter { $0.name == key.name || $0.environmentName == key.environmentName }.count == 1)
        #expect(!key.help.isEmpty)
        #expect(
            key.name.utf8.allSatisfy {
                $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
            })
        let text = key.type.text(of: key.defaultValue)
        if key.type.isScalar, key.defaultValue != .absent { #expect(key.type.value(of: text) == key.defaultValue) }
    }

    @Test("Names in the environment")
    func environmentNames() {
        #expect(Settings.queenPort.key.environmentName == "RBEE_QUEEN_PORT")
        #expect(Settings.queenAutostartHive.key.environmentName == "RBEE_QUEEN_AUTOSTART_HIVE")
        #expect(Settings.apiKeys.key.environmentName == "RBEE_API_KEYS")
    }

    @Test("A flag counts before the environment, that before the file, that before the default")
    func order() throws {
        let text = "queen:\n  port: 1\n  ttl: 1s\nhive.port: 2\n"
        let environment = ["RBEE_QUEEN_PORT": "10", "RBEE_HIVE_PORT": "20", "RBEE_WORKER_TTL": ""]
        let (configuration, problems) = load(text, environment: environment, flags: ["queen.port": "100"])
        #expect(problems.isEmpty)
        #expect(configuration[Settings.queenPort] == 100)
        #expect(configuration[Settings.hivePort] == 20)
        #expect(configuration[Settings.queenTTL] == .seconds(1))
        #expect(configuration[Settings.workerTTL] == .seconds(300))
        let sources = ["queen.port", "hive.port", "queen.ttl", "worker.ttl"].map { configuration.entry(named: $0)?.source.description }
        #expect(sources == ["flag", "env", "c.yaml:3", "default"])
        #expect(configuration.entry(named: "nothing") == nil)
    }

    @Test(
        "Values of every type",
        arguments: [
            ("queen.port: 0", "queen.port", .integer(0)), ("queen.port: '7000'", "queen.port", .integer(7000)),
            ("queen.ttl: 1h30m", "queen.ttl", .duration(.seconds(5400))), ("http.body_bytes: 1MiB", "http.body_bytes", .integer(1 << 20)),
            ("http.body_bytes: 2048", "http.body_bytes", .integer(2048)),
            ("queen.autostart_hive: No", "queen.autostart_hive", .boolean(false)),
            ("log.level: debug", "log.level", .text("debug")), ("api_keys: [a, 'b c']", "api_keys", .list(["a", "b c"])),
            ("api_keys:\n- a\n", "api_keys", .list(["a"])), ("api_keys: []", "api_keys", .list([])),
            ("bin_dir: /opt/rbee", "bin_dir", .text("/opt/rbee")), ("http:\n  connections: 5\n", "http.connections", .integer(5)),
        ] as [(String, String, ConfigurationValue)])
    func values(text: String, key: String, value: ConfigurationValue) {
        let (configuration, problems) = load(text)
        #expect(problems.isEmpty)
        #expect(configuration.entry(named: key)?.value == value)
    }

    @Test(
        "Bad values say where they stand, what was expected and what was found",
        arguments: [
            ("queen.port: x", "c.yaml:1: queen.port: expected a port from 0 to 65535, found \"x\""),
            ("\n\nqueen:\n  port: 65536", "c.yaml:4: queen.port: expected a port from 0 to 65535, found \"65536\""),
            ("queen.port: [1]", "c.yaml:1: queen.port: expected a port from 0 to 65535, found a list"),
            ("queen.port: {a: 1}", "c.yaml:1: queen.port: expected a port from 0 to 65535, found a mapping"),
            ("queen.autostart_hive: perhaps", "c.yaml:1: queen.autostart_hive: expected true or false, found \"perhaps\""),
            ("log.level: loud", "c.yaml:1: log.level: expected one of trace, debug, info, notice, warning, error, found \"loud\""),
            ("worker.ttl: 5", "c.yaml:1: worker.ttl: expected a duration from 0 to 3650d, like 500ms, 30s, 5m or 0, found \"5\""),
            (
                "http.head_bytes: 10",
                "c.yaml:1: http.head_bytes: expected a size from 1KiB to 1MiB, like 65536, 64KiB or 16MiB, found \"10\""
            ),
            ("api_keys: secret", "c.yaml:1: api_keys: expected a list, like [a, b], found some text"),
            ("api_keys: [a, [b]]", "c.yaml:1: api_keys: expected a list, like [a, b], found a list"),
            ("http.connections: 0", "c.yaml:1: http.connections: expected a whole number from 1 to 1000000, found \"0\""),
        ])
    func badValues(text: String, description: String) {
        let (configuration, problems) = load(text + "\nhive.port: 1234\n")
        #expect(problems.map(\.description) == [description])
        #expect(problems.first?.kind == .badValue)
        #expect(configuration[Settings.hivePort] == 1234)
    }

    @Test("A bad value gives way to the next source")
    func nextSource() {
        let (configuration, problems) = load(
            "queen.port: 5\n", environment: ["RBEE_QUEEN_PORT": "x", "RBEE_HIVE_PORT": "-1"], flags: ["queen.port": "99999"])
        #expect(configuration[Settings.queenPort] == 5)
        #expect(configuration[Settings.hivePort] == 7835)
        #expect(
            problems.map(\.description) == [
                "flag: queen.port: expected a port from 0 to 65535, found \"99999\"",
                "RBEE_QUEEN_PORT: queen.port: expected a port from 0 to 65535, found \"x\"",
                "RBEE_HIVE_PORT: hive.port: expected a port from 0 to 65535, found \"-1\"",
            ])
    }

    @Test(
        "Unknown keys are told of, with what may have been meant",
        arguments: [
            ("queen.prot: 1", "c.yaml:1: queen.prot: is not known; did you mean queen.port?"),
            ("queen:\n  ttl: 1s\n  Port: 2", "c.yaml:3: queen.Port: is not known; did you mean queen.port?"),
            ("qeen:\n  port: 1", "c.yaml:1: qeen: is not known; did you mean queen?"), ("coffee: black", "c.yaml:1: coffee: is not known"),
            ("api_key: [a]", "c.yaml:1: api_key: is not known; did you mean api_keys?"),
        ])
    func unknown(text: String, description: String) {
        let (_, problems) = load(text)
        #expect(problems.map(\.description) == [description])
        #expect(problems.allSatisfy { $0.kind.isWarning })
    }

    @Test("Of a key that is there twice, in whatever spelling, the first counts")
    func duplicates() {
        let (configuration, problems) = load("queen:\n  port: 1\n  port: 2\nqueen.port: 3\n")
        #expect(configuration[Settings.queenPort] == 1)
        #expect(
            problems.map(\.description) == [
                "c.yaml:3: queen.port: stands here a second time; line 2 counts",
                "c.yaml:4: queen.port: stands here a second time; line 2 counts",
            ])
        #expect(problems.allSatisfy { $0.kind == .duplicateKey })
    }

    @Test(
        "Keys without a value say nothing",
        arguments: ["queen:\n", "queen.port:\n", "queen:\n  port: ~\n", "api_keys: null", "models:", ""])
    func nulls(text: String) {
        let (configuration, problems) = load(text)
        #expect(problems.isEmpty)
        #expect(configuration.entries == Configuration.defaults.entries)
    }

    @Test(
        "A file that is none leaves flags and environment",
        arguments: [("queen: [", "c.yaml:2"), ("just text", "c.yaml:1"), ("- a\n", "c.yaml:1"), ("a: *b", "c.yaml:1")])
    func broken(text: String, place: String) {
        let (configuration, problems) = load(text, environment: ["RBEE_QUEEN_PORT": "5"])
        #expect(configuration[Settings.queenPort] == 5)
        #expect(problems.count == 1)
        #expect(problems.first?.kind == .syntax)
        #expect(problems.first?.source.description == place)
    }

    @Test("Lists and models from environment and flags")
    func structured() {
        let (configuration, problems) = load(
            "", environment: ["RBEE_API_KEYS": "a, b,c", "RBEE_MODELS": "{tiny: {command: [x, y]}}"],
            flags: ["http.origins": "[\"http://a\", b]"])
        #expect(problems.isEmpty)
        #expect(configuration[Settings.apiKeys] == ["a", "b", "c"])
        #expect(configuration[Settings.httpOrigins] == ["http://a", "b"])
        #expect(configuration[Settings.models]["tiny"]?.command == ["x", "y"])
        #expect(configuration.entry(named: "models")?.source.description == "env")
        #expect(load("", environment: ["RBEE_MODELS": "tiny"]).1.count == 1)
        #expect(load("", flags: ["queen.prot": "1"]).1.map(\.description) == ["flag: queen.prot: is not known; did you mean queen.port?"])
    }

    @Test("Secrets are not shown")
    func secrets() {
        let (configuration, _) = load("api_keys: [hidden, 'hidden too']\n", environment: ["RBEE_API_KEYS": "[hidden"])
        let entry = configuration.entry(Settings.apiKeys.key)
        #expect(entry.shownText == "(2 set)" && entry.key.isSecret)
        #expect(Configuration.defaults.entry(Settings.apiKeys.key).shownText == "[]")
        #expect(configuration.entry(Settings.queenPort.key).shownText == "7833")
        let problems = load("api_keys: hidden", environment: ["RBEE_API_KEYS": "[hidden"], flags: ["api_keys": "[hidden"]).1
        #expect(problems.count == 3)
        #expect(problems.allSatisfy { !$0.description.contains("hidden") })
    }

    @Test("Problems are counted up to a limit")
    func manyProblems() {
        let (configuration, problems) = load("queen.port: 5\n" + (0..<500).map { "k\($0): 1\n" }.joined())
        #expect(problems.count == 100)
        #expect(configuration[Settings.queenPort] == 5)
    }

    @Test("What people see of a value")
    func texts() {
        let (configuration, _) = load("worker.ttl: 300s\nhttp.body_bytes: 1048576\napi_keys: ['a b', c]\nmodels: {x: builtin}\n")
        let texts = ["worker.ttl", "http.body_bytes", "api_keys", "models", "bin_dir", "queen.autostart_hive"].map {
            configuration.entry(named: $0)?.text
        }
        #expect(texts == ["5m", "1MiB", "[\"a b\", c]", "builtin, x", "", "true"])
    }
}
