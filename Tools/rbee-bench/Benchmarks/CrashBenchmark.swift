internal import BenchReport
internal import DaemonContract
internal import DaemonLifecycle
internal import Glibc
internal import HiveLifecycle
internal import OperationContract
internal import Platform
internal import QueenLifecycle

/// From a daemon's sudden end until another one answers in its place.
struct CrashBenchmark: Benchmark {
    static let name = "crash"
    static let summary = "kill -9 of a worker under its hive, and of a queen whom somebody ensures, until a new process answers"

    private let workshop: Workshop

    init(_ workshop: Workshop) {
        self.workshop = workshop
    }

    func measure() async throws -> [Row] { [try await worker(), try await queen()] }

    private static let note = "floor: the same daemon started by hand, until it says READY=1"

    // MARK: A worker

    /// Each is killed once in its life: one that dies again soon is started again after a while only, which is another measurement.
    private func worker() async throws -> Row {
        let home = try workshop.home("crash-hive")
        let hive = try HiveLifecycle(owner: "bench", home: home)
        try await hive.ensure()
        let direct = try directStart(.worker)
        var (floor, samples) = (Samples(), Samples())
        for round in 0..<(workshop.pace.rounds(20, quick: 12) + 1) {
            let byHand = try direct.time()
            let name = "crash-\(round)"
            let spawn = WorkerSpawnRequest(model: QueenAndWorker.model, instance: name)
            let answer = try await hive.send(DaemonRequest("POST", RegistryPath.workers, body: try ContractJSON.encode(spawn)))
            guard answer.status == 201 else {
                throw BenchError("the hive starts no worker: \(String(decoding: try await answer.bytes(), as: UTF8.self))")
            }
            let socket = Connection.Address.unix(path: "\(home)/run/worker/\(name).sock")
            let begun = try Self.kill(try Self.pid(answeringAt: socket))
            let time = try Self.wait(for: socket, since: begun)
            _ = try await hive.send(DaemonRequest("DELETE", RegistryPath.worker(name)))
            guard round > 0 else { continue }
            floor.add(byHand)
            samples.add(time)
        }
        try await hive.stop()
        return Row(Self.name, "worker under its hive", unit: .milliseconds, floor: floor, subject: samples, note: Self.note)
    }

    // MARK: A queen

    private func queen() async throws -> Row {
        let daemon = try DaemonUnderTest(.queen, home: try workshop.home("crash-queen"))
        let direct = try directStart(.queen)
        var (floor, samples) = (Samples(), Samples())
        for round in 0..<(workshop.pace.rounds(20, quick: 12) + 1) {
            let byHand = try direct.time()
            let caller = try daemon.caller()
            try await caller.ensure()
            let killed = try await caller.info().pid
            let begun = try Self.kill(killed)
            try await caller.ensure()
            let time = Clock.milliseconds(since: begun)
            guard try await caller.info().pid != killed else { throw BenchError("a queen that was killed answers") }
            guard round > 0 else { continue }
            floor.add(byHand)
            samples.add(time)
        }
        try await daemon.caller().stop()
        return Row(Self.name, "queen, then ensure", unit: .milliseconds, floor: floor, subject: samples, note: Self.note)
    }

    private func directStart(_ kind: DaemonKind) throws -> DirectStart {
        try DirectStart(try DaemonUnderTest(kind, home: try workshop.home("crash-\(kind)-by-hand")), workshop)
    }

    // MARK: Killing and waiting

    /// - Returns: when that was.
    private static func kill(_ pid: Int32) throws -> UInt64 {
        guard let watch = try ProcessWatch.open(pid: pid) else { throw BenchError("process \(pid) ended before it was killed") }
        let now = Clock.now
        try watch.signal(SIGKILL)
        guard watch.waitForExit(milliseconds: 5_000) else { throw BenchError("process \(pid) lives 5 s after it was killed") }
        return now
    }

    /// Asks a control socket until a process answers: who was killed is gone by now.
    ///
    /// - Returns: milliseconds.
    private static func wait(for socket: Connection.Address, since begun: UInt64) throws -> Double {
        while Clock.milliseconds(since: begun) < 20_000 {
            if (try? pid(answeringAt: socket)) != nil { return Clock.milliseconds(since: begun) }
            usleep(500)
        }
        throw BenchError("nobody answers at \(socket) 20 s after it was killed")
    }

    private static func pid(answeringAt socket: Connection.Address) throws -> Int32 {
        try HTTPQuestion.json(DaemonInfo.self, DaemonPath.info, at: socket).pid
    }
}
