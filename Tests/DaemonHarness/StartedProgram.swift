internal import EventLoop
internal import Glibc
package import Platform
internal import Synchronization

/// A program that a test has started itself, with exactly these streams and this environment. Killed and reaped when the value goes.
package final class StartedProgram: Sendable {
    /// How it is started.
    package struct Plan: Sendable {
        package var program: String
        /// Without the program's name.
        package var arguments: [String]
        package var environment: [String: String]
        /// Descriptors of ours, and the numbers they get there.
        package var descriptors: [(own: Int32, number: Int32)] = []
        /// A terminal that becomes its streams, and that it leads a session on.
        package var terminal: String?

        package init(_ program: String, _ arguments: [String] = [], environment: [String: String] = [:]) {
            self.program = program
            self.arguments = arguments
            self.environment = environment
        }
    }

    package let pid: Int32
    private let watch: ProcessWatch
    private let outputPath: String
    private let end = Mutex<ProcessEnd?>(nil)

    /// Starts it.
    ///
    /// - Parameter output: the file that its streams go to, unless they are a terminal.
    package init(_ plan: Plan, output: String) throws {
        outputPath = output
        pid = try Self.spawn(plan, output)
        guard let watch = try ProcessWatch.open(pid: pid) else { throw TestDaemon.Failure("\(plan.program) is gone") }
        self.watch = watch
    }

    deinit {
        guard end.withLock({ $0 == nil }) else { return }
        _ = try? watch.signal(SIGKILL)
        _ = try? watch.reap(waiting: true)
    }

    private static func spawn(_ plan: Plan, _ output: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let terminal = plan.terminal {
            // The first terminal that the leader of a session opens becomes its own.
            posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for (own, number) in plan.descriptors { posix_spawn_file_actions_adddup2(&actions, own, number) }
        // The test runner may ignore or block what a program must not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // POSIX_SPAWN_SETSID, which Glibc's module leaves out.
        let session: Int32 = plan.terminal == nil ? 0 : 0x80
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | session))

        let words = ([plan.program] + plan.arguments).map { strdup($0) } + [nil]
        let variables = plan.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, plan.program, &actions, &attributes, words, variables)
        guard code == 0 else { throw TestDaemon.Failure("\(plan.program): \(SystemError.text(of: code))") }
        return pid
    }

    package var isRunning: Bool { !watch.hasExited }

    package func signal(_ number: Int32) throws {
        try watch.signal(number)
    }

    /// Waits until it has ended, and reaps it.
    package func ended(within limit: Duration = TestAPI.patience) async throws -> ProcessEnd {
        let descriptor = watch.descriptor
        try await EventLoop.shared.withDeadline(limit) { try await EventLoop.shared.readable(descriptor) }
        return try end.withLock { end in
            if let end { return end }
            guard let now = try watch.reap(waiting: true) else { throw TestDaemon.Failure("process \(pid) was reaped by another") }
            end = now
            return now
        }
    }

    /// What it has written so far.
    package var output: String {
        let file = open(outputPath, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        return (try? String(decoding: Descriptor(adopting: file).readToEnd(limit: 64 << 20), as: UTF8.self)) ?? ""
    }
}
