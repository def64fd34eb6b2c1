import Configuration
import DaemonLifecycle
import EventLoop
import Platform
import Synchronization
import Testing

@testable import Worker

/// Starts nothing: a test says what becomes of each launch.
private final class FakeHost: EngineHost {
    /// What is to happen with one launch.
    enum Fate: Sendable {
        /// It runs until it is stopped.
        case lives
        /// It ends at once.
        case dies(EngineExit)
        /// It cannot be started.
        case fails(EngineError)
    }

    private let fates: Mutex<[Fate]>
    private let started = Mutex<[(launch: EngineLaunch, process: FakeProcess)]>([])

    init(_ fates: Fate...) {
        self.fates = Mutex(fates)
    }

    var launches: [EngineLaunch] { started.withLock { $0.map(\.launch) } }
    var processes: [FakeProcess] { started.withLock { $0.map(\.process) } }

    func start(_ launch: EngineLaunch) async throws(EngineError) -> any EngineProcess {
        let process = FakeProcess()
        let fate = fates.withLock { $0.isEmpty ? .lives : $0.removeFirst() }
        started.withLock { $0.append((launch, process)) }
        switch fate {
        case .lives: break
        case .dies(let exit): process.end(exit)
        case .fails(let error): throw error
        }
        return process
    }
}

private final class FakeProcess: EngineProcess {
    private struct State {
        var exit: EngineExit?
        var waiting: [CheckedContinuation<EngineExit, Never>] = []
    }

    let pid: Int32 = 4711
    private let state = Mutex(State())

    var isGone: Bool { state.withLock { $0.exit != nil } }

    func ended() async -> EngineExit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state -> EngineExit? in
                if state.exit == nil { state.waiting.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    func stop() async { end(EngineExit(end: .signalled(9), output: "")) }

    func end(_ exit: EngineExit) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.exit = state.exit ?? exit
            return state.waiting
        }
        for waiter in waiting { waiter.resume(returning: exit) }
    }
}

/// Answers probes in turn, the last answer for ever.
private final class Answers: Sendable {
    private let answers: Mutex<[ProbeResult]>
    private let asked = Mutex<[EngineEndpoint]>([])

    init(_ answers: ProbeResult...) {
        self.answers = Mutex(answers)
    }

    var endpoints: [EngineEndpoint] { asked.withLock { $0 } }

    func next(_ endpoint: EngineEndpoint) -> ProbeResult {
        asked.withLock { $0.append(endpoint) }
        return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .ready }
    }
}

@Suite struct CommandEngineTests {
    private func engine(
        _ host: FakeHost, _ answers: Answers, in directory: TemporaryDirectory, budget: Duration = .seconds(60),
        command: [String] = ["/bin/sh", "-p", "${PORT}", "${MODEL}"]
    ) throws -> CommandEngine {
        CommandEngine(
            configuration: EngineConfiguration(
                name: "tiny", engine: .command, command: command, model: "/models/tiny.gguf", environment: ["X": "<${MODEL}>"],
                startTimeout: budget),
            environment: ["PATH": "/bin", "RBEE_NONCE": "n", "RBEE_LOCK_FD": "7", "NOTIFY_SOCKET": "@x"],
            places: try EnginePlaces(run: try RunDirectory.make(directory.path), instance: "tiny-1"), host: host, loop: .shared,
            probe: { endpoint, _ in answers.next(endpoint) })
    }

    private func isReserved(_ endpoint: EngineEndpoint, in directory: TemporaryDirectory) throws -> Bool {
        guard case .port(let port) = endpoint else { return false }
        let ports = try #require(try RunDirectory.open("\(directory.path)/ports", create: false))
        return try FileLock.probe(in: ports, name: "\(port).lock") == .held
    }

    @Test func itIsReadyOnceItAnswers() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost()
        let answers = Answers(.silent("refused"), .notYet(503), .ready)
        let engine = try engine(host, answers, in: directory)
        let endpoint = try await engine.start()
        guard case .port(let port) = endpoint else {
            Issue.record("\(endpoint) is no port")
            return
        }
        #expect(answers.endpoints == [endpoint, endpoint, endpoint])
        #expect(host.launches.map(\.arguments) == [["/bin/sh", "-p", "\(port)", "/models/tiny.gguf"]])
        #expect(host.launches.map(\.environment) == [["PATH": "/bin", "RBEE_NONCE": "n", "X": "</models/tiny.gguf>"]])
        #expect(try isReserved(endpoint, in: directory))
        #expect(host.processes.map(\.isGone) == [false])

        await engine.stop()
        #expect(host.processes.map(\.isGone) == [true])
        #expect(try !isReserved(endpoint, in: directory))
        #expect(await engine.ended().end == .signalled(9))
    }

    @Test func deathWhileStartingIsTheErrorAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost(.dies(EngineExit(end: .exited(3), output: "loading\nerror: no such model\n")))
        let engine = try engine(host, Answers(.silent("refused")), in: directory)
        let error = await #expect(throws: EngineError.self) { try await engine.start() }
        #expect(error?.code == .startFailed)
        #expect(error?.message.contains("status 3") == true && error?.message.contains("no such model") == true)
        #expect(host.launches.count == 1)
    }

    @Test func anEngineThatIsNeverReadyIsKilledWhenItsTimeIsUp() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost()
        let engine = try engine(host, Answers(.notYet(404)), in: directory, budget: .milliseconds(50))
        let error = await #expect(throws: EngineError.self) { try await engine.start() }
        #expect(error?.code == .startTimedOut)
        #expect(host.processes.map(\.isGone) == [true])
    }

    @Test func aStrangerOnThePortMeansAnotherPort() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost()
        let answers = Answers(.stranger("nc, process 9"), .ready)
        let engine = try engine(host, answers, in: directory)
        let endpoint = try await engine.start()
        #expect(host.launches.count == 2)
        #expect(answers.endpoints.last == endpoint)
        #expect(host.processes.map(\.isGone) == [true, false])
        await engine.stop()
    }

    @Test func threeStrangersAreEnough() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost()
        let engine = try engine(host, Answers(.stranger("nc, process 9")), in: directory)
        let error = await #expect(throws: EngineError.self) { try await engine.start() }
        #expect(error?.code == .startFailed)
        #expect(error?.message.contains("process 9") == true)
        #expect(host.processes.map(\.isGone) == [true, true, true])
    }

    @Test func whatCannotBeStartedIsSaid() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost(.fails(EngineError(.startFailed, "exec: Exec format error")))
        let failing = try engine(host, Answers(.ready), in: directory)
        #expect(await #expect(throws: EngineError.self) { try await failing.start() }?.message == "exec: Exec format error")

        for (command, words) in [
            (["/no/such/program"], "/no/such/program"), (["/etc/passwd"], "cannot be executed"), (["sh/x"], "absolute path"),
            (["no-such-program-anywhere"], "/bin"), (["/bin/sh", "${WHAT}"], "${WHAT}"), ([], "models.tiny.command"),
        ] {
            let host = FakeHost()
            let engine = try engine(host, Answers(.ready), in: directory, command: command)
            let error = await #expect(throws: EngineError.self) { try await engine.start() }
            #expect(error?.code == .misconfigured)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            #expect(host.launches.isEmpty)
        }
    }

    @Test func theEndOfAReadyEngineIsTold() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost()
        let engine = try engine(host, Answers(.ready), in: directory)
        let endpoint = try await engine.start()
        async let ended = engine.ended()
        let exit = EngineExit(end: .signalled(11), output: "segfault")
        host.processes[0].end(exit)
        #expect(await ended == exit)
        #expect(await engine.ended() == exit)
        #expect(try !isReserved(endpoint, in: directory))
    }

    @Test func stoppingAndCancellingEndAStart() async throws {
        let directory = try TemporaryDirectory()
        for cancels in [true, false] {
            let host = FakeHost()
            let asked = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            let engine = CommandEngine(
                configuration: EngineConfiguration(name: "tiny", engine: .command, command: ["/bin/sh", "${PORT}"]), environment: [:],
                places: try EnginePlaces(run: try RunDirectory.make(directory.path), instance: "tiny-1"), host: host, loop: .shared,
                probe: { _, _ in
                    asked.continuation.yield()
                    return .notYet(503)
                })
            let start = Task { try await engine.start() }
            for await _ in asked.stream { break }
            if cancels { start.cancel() } else { await engine.stop() }
            let result = await start.result
            let error = #expect(throws: EngineError.self) { try result.get() }
            #expect(error?.code == .cancelled)
            #expect(host.processes.map(\.isGone) == [true])
        }
    }

    @Test func aSocketNeedsNoPort() async throws {
        let directory = try TemporaryDirectory()
        let host = FakeHost()
        let engine = try engine(host, Answers(.ready), in: directory, command: ["sh", "--unix", "${SOCKET}"])
        let endpoint = try await engine.start()
        #expect(endpoint == .socket("\(directory.path)/engines/tiny-1.sock"))
        #expect(host.launches.map(\.arguments) == [["sh", "--unix", "\(directory.path)/engines/tiny-1.sock"]])
        #expect(host.launches.map(\.executable) == ["/bin/sh"])
        await engine.stop()
    }
}
