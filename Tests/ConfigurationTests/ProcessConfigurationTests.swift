import Configuration
import Testing

@Suite("Processes in the configuration")
struct ProcessConfigurationTests {
    private func load(_ text: String) -> ([ProcessConfiguration], [String]) {
        let (configuration, problems) = Configuration.load(bytes: Array(text.utf8), path: "c")
        return (configuration[Settings.processes].processes, problems.map(\.description))
    }

    @Test("A process with everything")
    func everything() {
        let (processes, problems) = load(
            """
            processes:
              web.1:
                command: [/usr/bin/web, --port, 8080]
                directory: /srv
                env: {A: 1}
                health: http://127.0.0.1:8080/healthz?deep=1
                restart: on-failure
                autostart: false
                start_timeout: 5m
                term: 10s
              db: {command: [db], notify: true, restart: never, term: 0}
            """)
        #expect(problems.isEmpty)
        #expect(
            processes == [
                ProcessConfiguration(name: "db", command: ["db"], notifies: true, restart: .never, termination: .zero),
                ProcessConfiguration(
                    name: "web.1", command: ["/usr/bin/web", "--port", "8080"], directory: "/srv", environment: ["A": "1"],
                    health: "http://127.0.0.1:8080/healthz?deep=1", restart: .onFailure, isAutomatic: false, startTimeout: .seconds(300),
                    termination: .seconds(10)),
            ])
    }

    @Test("The least: a command")
    func least() {
        let (processes, problems) = load("processes: {a: {command: [x]}}")
        #expect(problems.isEmpty && processes == [ProcessConfiguration(name: "a", command: ["x"])])
        #expect(processes.first?.restart == .always && processes.first?.isAutomatic == true && processes.first?.termination == nil)
        #expect(load("").0.isEmpty && load("processes:").0.isEmpty && load("processes: {}").0.isEmpty)
    }

    @Test(
        "A bad process is told of and left out, the others stay",
        arguments: [
            ("{}", "c:3: processes.bad.command: is required, like [/usr/bin/redis-server, --port, \"6380\"]"),
            ("{command: }", "c:3: processes.bad.command: is required, like [/usr/bin/redis-server, --port, \"6380\"]"),
            (
                "{command: prog}",
                "c:3: processes.bad.command: expected a list of a program and its arguments, like [/usr/bin/redis-server, --port, \"6380\"], found \"prog\""
            ),
            ("prog", "c:3: processes.bad: expected a mapping with command, found \"prog\""),
            (
                "{command: [x], restart: sometimes}",
                "c:3: processes.bad.restart: expected one of always, on-failure, never, found \"sometimes\""
            ),
            (
                "{command: [x], health: /health}",
                "c:3: processes.bad.health: expected a URL that begins with http://, like http://127.0.0.1:8080/health, found \"/health\""
            ),
            (
                "{command: [x], health: \"https://a/health\"}",
                "c:3: processes.bad.health: expected a URL that begins with http://, like http://127.0.0.1:8080/health, found \"https://a/health\""
            ),
            ("{command: [x], autostart: perhaps}", "c:3: processes.bad.autostart: expected true or false, found \"perhaps\""),
            (
                "{command: [x], term: soon}",
                "c:3: processes.bad.term: expected a duration from 0 to 1h, like 500ms, 30s, 5m or 0, found \"soon\""
            ),
            ("{command: [x], directory: here}", "c:3: processes.bad.directory: expected an absolute path, found \"here\""),
            (
                "{command: [x], health: \"http://a/\", notify: yes}",
                "c:3: processes.bad.notify: says the same as health in another way: leave one of them out"
            ),
        ])
    func bad(text: String, description: String) {
        let (processes, problems) = load("processes:\n  good: {command: [x]}\n  bad: \(text)\n")
        #expect(problems == [description])
        #expect(processes.map(\.name) == ["good"])
    }

    @Test("Names are those of instances", arguments: ["A", "-a", "a/b", "\"\"", "..", "\"a b\""])
    func names(name: String) {
        let (processes, problems) = load("processes:\n  \(name): {command: [x]}\n")
        #expect(problems.count == 1 && problems.first?.hasPrefix("c:2: processes.") == true && processes.isEmpty)
    }

    @Test("An unknown or repeated field is told of and does no harm")
    func unknown() {
        let (processes, problems) = load("processes:\n  a:\n    command: [x]\n    comand: [y]\n    term: 1s\n    term: 2s\n")
        #expect(
            problems == [
                "c:4: processes.a.comand: is not known; did you mean command?",
                "c:6: processes.a.term: stands here a second time; the first one counts",
            ])
        #expect(processes == [ProcessConfiguration(name: "a", command: ["x"], termination: .seconds(1))])
    }
}
