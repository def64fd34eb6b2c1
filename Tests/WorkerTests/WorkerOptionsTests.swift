import Configuration
import DaemonRuntime
import HTTP
import OperationContract
import Synchronization
import Testing

@testable import Worker

@Suite struct WorkerOptionsTests {
    private func options(_ arguments: String...) throws(UsageError) -> WorkerOptions {
        try WorkerOptions(try CommandArguments(arguments, options: WorkerOptions.options))
    }

    private let table = ModelTable([
        ModelConfiguration(name: "tiny", engine: .command, command: ["llama", "${PORT}"], model: "/m/tiny.gguf", device: "cuda:0"),
        ModelConfiguration(name: "small", engine: .builtin),
    ])

    @Test func theBuiltinModelIsTheDefault() throws {
        let options = try options()
        #expect(options.model == "builtin" && options.hive == nil && options.queen == nil)
        #expect(try options.configuration(in: table).engine == .builtin)
    }

    @Test func everythingIsTakenFromTheCommandLine() throws {
        let options = try options(
            "--model", "llama/3", "--engine", "command", "--engine-config", "tiny", "--hive-url", "http://localhost:7835/", "--queen-url",
            "unix:///run/queen.sock")
        #expect(options.model == "llama/3")
        #expect(options.hive == .tcp(host: "localhost", port: 7835))
        #expect(options.queen == .unix(path: "/run/queen.sock"))
        let configuration = try options.configuration(in: table)
        #expect(configuration.name == "tiny" && configuration.model == "/m/tiny.gguf")
    }

    @Test func theConfigurationDecidesTheEngineUnlessTold() throws {
        #expect(try options("--model", "tiny").configuration(in: table).engine == .command)
        #expect(try options("--model", "small").configuration(in: table).engine == .builtin)
        #expect(try options("--model", "anything", "--engine", "builtin").configuration(in: table).engine == .builtin)
        #expect(try options("--model", "tiny", "--engine", "builtin").configuration(in: table).engine == .builtin)
    }

    @Test func whatCannotBeServedIsAConfigurationError() throws {
        for options in [try options("--model", "nope"), try options("--model", "small", "--engine", "command")] {
            let error = #expect(throws: StartError.self) { try options.configuration(in: table) }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("models.\(options.model)") == true)
        }
    }

    @Test(arguments: [["--engine", "vllm"], ["--model", ""], ["--hive-url", "localhost"], ["--queen-url", "https://example.org"]])
    func nonsenseIsAUsageError(_ arguments: [String]) throws {
        let read = try CommandArguments(arguments, options: WorkerOptions.options)
        let error = #expect(throws: UsageError.self) { try WorkerOptions(read) }
        #expect(error?.message.hasPrefix(arguments[0]) == true)
    }

    @Test func theStatusFollowsTheWork() {
        let activity = WorkerActivity()
        let changes = Mutex(0)
        activity.onChange { changes.withLock { $0 += 1 } }
        #expect(activity.status == .starting)
        activity.serve()
        #expect(activity.status == .ready)
        let first = activity.begin()
        let second = activity.begin()
        #expect(activity.status == .busy && activity.inFlight == 2)
        first.end()
        first.end()
        #expect(activity.status == .busy && activity.inFlight == 1)
        second.end()
        #expect(activity.status == .ready)
        do { _ = activity.begin() }
        #expect(activity.inFlight == 0)
        activity.stop()
        activity.serve()
        #expect(activity.status == .stopping)
        // Ready, busy, ready, busy, ready, stopping: a second generation is no change of status.
        #expect(changes.withLock { $0 } == 6)
    }
}
