import DaemonLifecycle
import EventLoop
import Glibc
import Platform
import Testing

@testable import Worker

/// Real processes under the real guard.
@Suite struct GuardedEngineTests {
    /// A host whose engines are shell scripts.
    private struct Scripts {
        let directory: TemporaryDirectory
        let host: GuardedEngineHost
        let run: RunDirectory

        init() throws {
            directory = try TemporaryDirectory()
            run = try RunDirectory.make("\(directory.path)/run")
            _ = try RunDirectory.make("\(directory.path)/logs")
            let home = RbeeHome(root: directory.path)
            let launcher = LocalLauncher(home: home, environment: [:], loop: .shared)
            host = GuardedEngineHost(
                launcher: launcher, loop: .shared, nonce: Nonce().text,
                files: try EngineFiles(run: run, logs: home.logs, instance: "tiny-1"))
        }

        func start(_ script: String) async throws(EngineError) -> any EngineProcess {
            try await host.start(
                EngineLaunch(executable: "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"]))
        }
    }

    /// Waits until a process is gone or a zombie.
    private func isGone(_ pid: Int32) throws -> Bool {
        guard let watch = try ProcessWatch.open(pid: pid) else { return true }
        return watch.waitForExit(milliseconds: 5000)
    }

    @Test func theEndAndTheLastWordsAreKnown() async throws {
        let scripts = try Scripts()
        let process = try await scripts.start("echo loading; echo broken >&2; exit 3")
        let exit = await process.ended()
        #expect(exit.end == .exited(3))
        #expect(exit.output.contains("loading") && exit.output.contains("broken"))
        #expect(await process.ended() == exit)
    }

    @Test func aSignalIsAnEndToo() async throws {
        let scripts = try Scripts()
        let process = try await scripts.start("kill -11 $$")
        #expect(await process.ended().end == .signalled(11))
    }

    @Test func stoppingKillsTheWholeTree() async throws {
        let scripts = try Scripts()
        let pids = "\(scripts.directory.path)/pids"
        // A child in a session of its own, and one whose parent has gone.
        let process = try await scripts.start(
            "setsid sleep 1000 & (sleep 1000 & echo $! > \(pids).b) ; echo $! > \(pids).a; echo ready > \(pids); wait")
        try await waitForFile(pids)
        let children = try ["a", "b"].map { try #require(Int32(try text("\(pids).\($0)"))) }
        await process.stop()
        for pid in children + [process.pid] { #expect(try isGone(pid)) }
        #expect(await process.ended().end == .signalled(9))
    }

    @Test func theNextEngineWaitsForTheGuardOfTheLast() async throws {
        let scripts = try Scripts()
        let first = try await scripts.start("exec sleep 1000")
        async let second = scripts.start("exec sleep 1000")
        await first.stop()
        let process = try await second
        #expect(process.pid != first.pid)
        await process.stop()
    }

    @Test func whatCannotBeExecutedIsSaid() async throws {
        let scripts = try Scripts()
        let error = await #expect(throws: EngineError.self) {
            try await scripts.host.start(EngineLaunch(executable: "/etc/passwd", arguments: ["passwd"], environment: [:]))
        }
        #expect(error?.code == .startFailed)
        #expect(error?.message.contains("/etc/passwd") == true && error?.message.contains("EACCES") == true, "\(error?.message ?? "")")
    }

    @Test func anEngineWhoseGuardIsKilledIsSeenToEnd() async throws {
        let scripts = try Scripts()
        let process = try await scripts.start("exec sleep 1000")
        let stat = try #require(ProcessStat.of(pid: process.pid))
        let watch = try #require(try ProcessWatch.open(pid: stat.parent))
        try watch.signal(SIGKILL)
        #expect(try isGone(process.pid))
        #expect(await process.ended().end == .signalled(9))
    }

    @Test func noOrphansThoughTheGuardIsKilled() async throws {
        let scripts = try Scripts()
        let pids = "\(scripts.directory.path)/pids"
        let process = try await scripts.start(
            "setsid sleep 1000 & (sleep 1000 & echo $! > \(pids).b) ; echo $! > \(pids).a; echo ready > \(pids); wait")
        try await waitForFile(pids)
        let children = try ["a", "b"].map { try #require(Int32(try text("\(pids).\($0)"))) }
        let stat = try #require(ProcessStat.of(pid: process.pid))
        let watch = try #require(try ProcessWatch.open(pid: stat.parent))
        try watch.signal(SIGKILL)
        #expect(await process.ended().end == .signalled(9))
        for pid in children + [process.pid] { #expect(try isGone(pid)) }
    }

    @Test func theOutputIsLogged() async throws {
        let scripts = try Scripts()
        let process = try await scripts.start("echo a word for the log")
        _ = await process.ended()
        #expect(try text("\(scripts.directory.path)/logs/worker-tiny-1-engine.log").contains("a word for the log"))
    }

    private func text(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw SystemError(errno: errno, "open", path: path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n").joined(separator: "\n")
    }

    /// There is no event for a file that a script makes: it is looked for, within a limit.
    private func waitForFile(_ path: String) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while access(path, F_OK) != 0 {
            guard ContinuousClock.now < end else { throw SystemError(errno: ETIMEDOUT, "find", path: path) }
            try await EventLoop.shared.sleep(for: .milliseconds(5))
        }
    }
}
