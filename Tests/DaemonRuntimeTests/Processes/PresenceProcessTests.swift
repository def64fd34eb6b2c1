import DaemonContract
import FoundationEssentials
import Glibc
import Platform
import Testing

@testable import DaemonRuntime

/// A daemon looks after what stands for it in the run directory.
@Suite struct PresenceProcessTests {
    private let home: TemporaryHome

    init() throws { home = try TemporaryHome() }

    private func directory() throws -> RunDirectory {
        try #require(try RunDirectory.open(home.path + "/run/worker", create: false))
    }

    @Test func aLostSocketIsMadeAgain() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let open = try daemon.control()
            let watch = try FolderWatch(home.path + "/run/worker")
            var descriptors: [Int] = []
            for _ in 0..<2 {
                try home.remove("run/worker/a.sock")
                try watch.wait { home.exists("run/worker/a.sock") }
                #expect(try daemon.ask("GET", "/v1/info").decode(DaemonInfo.self).pid == daemon.pid)
                while try open.ask("GET", "/v1/stats").decode(DaemonStats.self).connections > 1 {}
                descriptors.append(try open.ask("GET", "/v1/stats").decode(DaemonStats.self).descriptors)
            }
            #expect(descriptors[0] == descriptors[1], "the lost one is closed")
            #expect(try open.ask("GET", "/health").status == 200, "connections that were open stay")
            try daemon.signal(SIGTERM)
            #expect(try daemon.waitEnd() == .exit(0))
            #expect(!home.exists("run/worker/a.sock"))
        }
    }

    @Test func aLostLockIsMadeAgainAndHeld() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let directory = try directory()
            let before = home.contents("run/worker/a.lock")
            let watch = try FolderWatch(home.path + "/run/worker")
            try home.remove("run/worker/a.lock")
            try watch.wait { home.contents("run/worker/a.lock") == before }
            #expect(try FileLock.probe(in: directory, name: "a.lock") == .held)
            let loser = try TestDaemonProcess(home)
            #expect(try loser.waitEnd() == .exit(75))
            #expect(try daemon.ask("GET", "/health").status == 200)
        }
    }

    @Test func whoIsDisplacedLeavesAndRemovesNothing() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let directory = try directory()
            let watch = try FolderWatch(home.path + "/run/worker")
            try home.remove("run/worker/a.lock")
            // The daemon may make it again first: then it goes on, and we try once more.
            var lock = try FileLock.acquire(in: directory, name: "a.lock")
            while lock == nil {
                try watch.wait { home.contents("run/worker/a.lock")?.isEmpty == false }
                try home.remove("run/worker/a.lock")
                lock = try FileLock.acquire(in: directory, name: "a.lock")
            }
            let socket = home.inode("run/worker/a.sock")
            let record = home.contents("run/worker/a.json")
            #expect(try daemon.waitEnd() == .exit(0))
            #expect(home.inode("run/worker/a.sock") == socket)
            #expect(home.contents("run/worker/a.json") == record)
            #expect(try lock?.isStillLinked() == true)
        }
    }

    @Test func aRunDirectoryThatIsGoneIsMadeAgain() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let watch = try FolderWatch(home.path)
            try home.remove("run")
            try watch.wait { home.exists("run") }
            // The folder first, what is in it a moment later.
            let inner = try FolderWatch(home.path + "/run")
            try inner.wait { home.exists("run/worker") }
            let innermost = try FolderWatch(home.path + "/run/worker")
            try innermost.wait { home.exists("run/worker/a.sock") && home.exists("run/worker/a.json") }
            #expect(try daemon.ask("GET", "/health").status == 200)
            #expect(try daemon.record.pid == daemon.pid)
        }
    }

    @Test func aLostTokenComesBackAndAnotherOneCounts() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let token = try daemon.token
            let watch = try FolderWatch(home.path + "/run")
            try home.remove("run/token")
            try watch.wait { home.exists("run/token") }
            #expect(try daemon.token == token, "whoever has read it goes on")

            let other = String(repeating: "0123456789abcdef", count: 4)
            let run = try #require(try RunDirectory.open(home.path + "/run", create: false))
            try run.writeAtomically("token", Array("\(other)\n".utf8))
            let connection = try daemon.tcp()
            func ping(_ token: String) throws -> Int {
                try connection.ask("POST", "/v1/ping", headers: ["Authorization: Bearer \(token)"]).status
            }
            #expect(try ping(other) == 200, "at once, not at the next look")
            #expect(try ping(token) == 401)
        }
    }

    @Test func withoutAHomeItEnds() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess(home, "a", environment: ["RBEE_HOME": home.path + "/home"])
            try daemon.waitReady()
            try home.remove("home")
            #expect(try daemon.waitEnd() == .exit(0))
            #expect(!home.exists("home"))
        }
    }

    @Test func itsOutputIsKeptUnderALimit() async throws {
        try await onOwnThread { [home] in
            do { _ = try RunDirectory.make(home.path + "/run").makeSubdirectory("worker") }
            let watch = try FolderWatch(home.path + "/run/worker")
            let daemon = try TestDaemonProcess(home, "a", ["--noise", "3000000"], asOutput: true)
            try daemon.waitReady()
            try watch.wait { daemon.output.utf8.count <= 1 << 20 && daemon.output.hasPrefix("[older output was cut]\n") }
            #expect(daemon.output.utf8.count > 500_000)
            #expect(daemon.output.split(separator: "\n").dropFirst().allSatisfy { $0.utf8.count == 99 || $0.contains("Ready") })
        }
    }
}
