import ContextContract
import ContextLifecycle
import DaemonContract
import DaemonHarness
import DaemonLifecycle
import EventLoop
import Glibc
import IPC
import Platform
import Testing

@testable import Context

/// The context daemon as a process.
struct ContextDaemonTests {
    /// A home with the daemon running in it and a project that nobody knows yet.
    private static func with(
        configuration: String? = nil, _ body: (TestHome, ContextLifecycle, _ project: String) async throws -> Void
    ) async throws {
        try await TestHome.with(configuration: configuration) { home in
            mkdir("\(home.path)/project", 0o700)
            try home.write("project/a.swift", "1\n")
            let context = try ContextLifecycle(owner: "tester", home: home.path)
            try await context.ensure()
            try await body(home, context, "\(home.path)/project")
        }
    }

    private static func connect(_ home: TestHome) throws -> IPCClient<ContextRequest, ContextResponse> {
        let directory = try #require(try RunDirectory.open("\(home.path)/run/context", create: false))
        return IPCClient(socket: try directory.connectSocket("default.ipc.sock"))
    }

    @Test func everyRequestOnOneConnection() async throws {
        try await Self.with { home, _, project in
            let client = try Self.connect(home)
            guard case .ok(.pong(let time)?) = try await client.send(.ping) else { throw Failure("no pong") }
            #expect(time > 1_700_000_000)
            #expect(try await client.send(.checkInit(cwd: project)) == .ok(.initStatus(initialized: false)))
            guard case .error(.notInitialized, let why) = try await client.send(.getContext(cwd: project, prompt: nil)) else {
                throw Failure("no refusal")
            }
            #expect(why.contains("rbee-keeper context init"))
            guard case .ok(.project(let summary)?) = try await client.send(.initProject(cwd: project, asyncMode: false)) else {
                throw Failure("no project")
            }
            #expect(summary.fileCount == 1 && summary.languages == [.init(name: "Swift", files: 1)])
            guard case .error(.invalidRequest, _) = try await client.send(.initProject(cwd: "\(project)/.", asyncMode: true)) else {
                throw Failure("twice")
            }
            #expect(try await client.send(.prepareContext(cwd: project, prompt: "a.swift")) == .ack)
            #expect(try await client.send(.notifyFileChange(cwd: project, path: "a.swift", changeType: .modified)) == .ack)
            #expect(
                try await client.send(.graftExperience(cwd: project, experience: Experience(agentID: "me", decision: "d", timestamp: 1)))
                    == .ack)
            guard case .ok(.context(let text, let nodes)?) = try await client.send(.getContext(cwd: project, prompt: "a.swift")) else {
                throw Failure("no context")
            }
            #expect(nodes == ["a.swift"] && text.contains("Lines: 1"))
            guard case .ok(.status(let status)?) = try await client.send(.status) else { throw Failure("no status") }
            #expect(
                status.version == RbeeVersion.current && status.projectsLoaded == 1 && status.requestsTotal == 9
                    && status.memoryUsageBytes > 1 << 20)
            #expect(try await client.send(.shutdown) == .ack)
        }
    }

    @Test func whatWasAcknowledgedIsDoneBeforeItEnds() async throws {
        try await Self.with { home, context, project in
            let client = try Self.connect(home)
            _ = try await client.send(.initProject(cwd: project, asyncMode: false))
            for number in 0..<200 {
                let experience = Experience(agentID: "me", decision: "d\(number)", timestamp: 1)
                #expect(try await client.send(.graftExperience(cwd: project, experience: experience)) == .ack)
            }
            #expect(try await client.send(.shutdown) == .ack)
            try await context.stop()
            let store = try ProjectStore(directory: "\(home.path)/data/context")
            let log = try #require(try store.folder(of: ProjectPath(resolving: project))).experiences
            #expect(log.newest(1_000).count == 200)
            #expect(access("\(home.path)/run/context/default.ipc.sock", F_OK) != 0, "the socket is gone")
        }
    }

    @Test func itIsThereAgainAfterACrashWithAllItKnew() async throws {
        try await Self.with { home, context, project in
            _ = try await context.request(.initProject(cwd: project, asyncMode: false))
            let daemon = try WatchedProcess(pid: try #require(try await context.status().pid))
            try await daemon.kill()
            // The lifecycle finds that it is gone, starts another and asks again.
            guard case .ok(.context(let text, _)?) = try await context.request(.getContext(cwd: project, prompt: nil)) else {
                throw Failure("no context")
            }
            #expect(text.contains("a.swift"))
        }
    }

    @Test func aSocketThatWasDeletedOrReplacedIsThereAgainSoon() async throws {
        try await Self.with { home, _, _ in
            let client = try Self.connect(home)
            _ = try await client.send(.ping)
            home.remove(file: "run/context/default.ipc.sock")
            try await EventLoop.shared.withDeadline(.seconds(30)) {
                // Connecting again is how a client finds out.
                while (try? Self.connect(home)) == nil { try await EventLoop.shared.sleep(for: .milliseconds(20)) }
            }
            let again = try Self.connect(home)
            #expect(try await again.send(.ping) != .ack)
            // Who was connected stays connected.
            #expect(try await client.send(.ping) != .ack)
        }
    }

    /// A line of `/proc/PID/status`, as a number.
    private static func status(_ name: String, of pid: Int32) throws -> Int {
        let text = String(decoding: try #require(try AtomicFile.read("/proc/\(pid)/status")), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(name):") })
        return try #require(Int(line.filter(\.isNumber)))
    }

    @Test func manyClientsAndThenAsFewDescriptorsThreadsAndBytesAsBefore() async throws {
        try await Self.with { home, context, project in
            _ = try await context.request(.initProject(cwd: project, asyncMode: false))
            func round(_ count: Int) async throws {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<count {
                        let client = try Self.connect(home)
                        group.addTask {
                            for _ in 0..<3 {
                                let answer = try await client.send(.checkInit(cwd: project), within: .seconds(60))
                                guard case .ok(.initStatus(initialized: true, _)?) = answer else { throw Failure("\(answer)") }
                            }
                            await client.close()
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let pid = try #require(try await context.status().pid)
            func descriptors() throws -> Int { try #require(DirectoryEntries.names(of: "/proc/\(pid)/fd")).count }
            let before = try descriptors()
            var (threads, kilobytes): ([Int], [Int]) = ([], [])
            for count in [10, 100, 1_000, 1_000] {
                try await round(count)
                // The daemon closes its ends when it has read that ours are closed, one after the other.
                _ = try await eventually("what \(count) clients had open is closed") {
                    try descriptors() <= before + 4 ? true : nil
                }
                threads.append(try Self.status("Threads", of: pid))
                kilobytes.append(try Self.status("VmRSS", of: pid))
            }
            // What the first thousand needed is there for the second. Threads for calls that block leave when there are none.
            #expect(kilobytes[3] <= kilobytes[2] + 4_096, "\(kilobytes)")
            _ = try await eventually("no more threads than before: \(threads)") {
                try Self.status("Threads", of: pid) <= threads[0] ? true : nil
            }
        }
    }

    @Test func configurationIsHeeded() async throws {
        let configuration = "context:\n  data_dir: ~/elsewhere\n  max_projects: 1\n  message_timeout: 20ms\n"
        try await TestHome.with(configuration: configuration) { home in
            mkdir("\(home.path)/project", 0o700)
            let context = try ContextLifecycle(owner: "tester", home: home.path) { $0.environment["HOME"] = home.path }
            _ = try await context.request(.initProject(cwd: "\(home.path)/project", asyncMode: false))
            #expect(access("\(home.path)/elsewhere/projects", F_OK) == 0)
        }
    }

    @Test(arguments: ["max_projects: 0", "max_memory: lots", "data_dir: relative", "message_timeout: -1s"])
    func aBadConfigurationIsNamedWithFileLineAndKey(_ line: String) async throws {
        try await TestHome.with(configuration: "context:\n  \(line)\n") { home in
            let context = try ContextLifecycle(owner: "tester", home: home.path)
            do throws(LifecycleError) {
                try await context.ensure()
                Issue.record("it started")
            } catch {
                #expect(error.code == .startFailed)
                #expect(error.message.contains("config.yaml:2: context.\(line.prefix { $0 != ":" })"), "\(error)")
            }
        }
    }

    @Test(arguments: ["a file", "a folder", "a link", "a stranger"])
    func whateverElseStandsInTheSocketsPlaceIsNamedAndLeft(_ what: String) async throws {
        try await TestHome.with { home in
            let directory = try RunDirectory.make("\(home.path)/run").makeSubdirectory("context")
            let path = "\(directory.path)/default.ipc.sock"
            var listener: Descriptor?
            switch what {
            case "a file": try home.write("run/context/default.ipc.sock", "a file")
            case "a folder": mkdir(path, 0o700)
            case "a link": symlink("/dev/null", path)
            default: listener = try directory.bindSocket("default.ipc.sock").descriptor
            }
            let before = try #require(try directory.stat("default.ipc.sock"))
            let context = try ContextLifecycle(owner: "tester", home: home.path)
            let error = await #expect(throws: LifecycleError.self) { try await context.ensure() }
            #expect(error?.code == .startFailed)
            #expect(
                error?.message.contains("default.ipc.sock is \(listener == nil ? "in the way" : "served by process \(getpid())")") == true)
            #expect(try directory.stat("default.ipc.sock")?.isSameFile(as: before) == true)
            withExtendedLifetime(listener) {}
        }
    }

    @Test func aDataDirectoryThatCannotBeUsedIsAClearError() async throws {
        try await TestHome.with { home in
            mkdir("\(home.path)/data", 0o700)
            try home.write("data/context", "a file")
            let context = try ContextLifecycle(owner: "tester", home: home.path)
            do throws(LifecycleError) {
                try await context.ensure()
                Issue.record("it started")
            } catch {
                #expect(error.code == .startFailed && error.message.contains("context.data_dir"), "\(error)")
            }
            #expect(home.text("data/context") == "a file")
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can be another user"))
    func anotherUserIsTurnedAway() async throws {
        try await Self.with { home, _, _ in
            // The folders are opened to others, so that only the daemon itself stands in the way.
            for folder in ["", "/run", "/run/context"] { chmod("\(home.path)\(folder)", 0o755) }
            chmod("\(home.path)/run/context/default.ipc.sock", 0o666)
            let script = """
                import socket, sys
                s = socket.socket(socket.AF_UNIX)
                s.connect('\(home.path)/run/context/default.ipc.sock')
                try:
                    s.sendall(b'{"action":"ping"}\\n')
                    sys.exit(0 if s.recv(100) == b'' else 1)
                except (BrokenPipeError, ConnectionResetError):
                    sys.exit(0)
                """
            var pid: pid_t = 0
            let line = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/python3", "-c", script]
            var words: [UnsafeMutablePointer<CChar>?] = line.map { (word: String) in strdup(word) } + [nil]
            defer { for word in words { free(word) } }
            try #require(posix_spawnp(&pid, "setpriv", nil, nil, &words, environ) == 0)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            #expect(status == 0, "another user was answered, or could not even try")
            for folder in ["", "/run", "/run/context"] { chmod("\(home.path)\(folder)", 0o700) }
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
