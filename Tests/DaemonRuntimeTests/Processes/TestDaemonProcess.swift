import DaemonContract
import Glibc
import Platform
import Synchronization
import Testing

@testable import DaemonRuntime

/// The built test daemon, run for real. Killed and reaped when the value goes.
final class TestDaemonProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let home: TemporaryHome
    let instance: String
    let pid: Int32
    let nonce: Nonce
    private let watch: ProcessWatch
    private let notify: NotifySocket
    private let outputPath: String
    private let end = Mutex<ProcessEnd?>(nil)
    private let messages = Mutex<[[String: String]]>([])

    /// Where the built products are: beside the running executable.
    static let products: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }()

    /// Starts a daemon.
    ///
    /// - Parameters:
    ///   - asOutput: send its streams to `run/worker/<instance>.out`, as the launcher does.
    ///   - prefix: a program and arguments that run it (`setpriv …`).
    ///   - inheriting: a descriptor of ours and the number it gets there.
    init(
        _ home: TemporaryHome, _ instance: String = "a", _ arguments: [String] = [], environment: [String: String] = [:],
        asOutput: Bool = false, prefix: [String] = [], inheriting: (Int32, Int32)? = nil
    ) throws {
        self.home = home
        self.instance = instance
        nonce = Nonce()
        notify = try NotifySocket(nonce: nonce)
        outputPath = asOutput ? "\(home.path)/run/worker/\(instance).out" : "\(home.path)/output-\(nonce)"
        var words = prefix + ["\(Self.products)/rbee-test-daemon", "--instance", instance]
        if !arguments.contains("--port") { words += ["--port", "0"] }
        var variables = [
            "RBEE_HOME": home.path, "RBEE_NONCE": nonce.text, "NOTIFY_SOCKET": notify.address, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        variables.merge(environment) { $1 }
        pid = try Self.spawn(words + arguments, variables, outputPath, inheriting)
        guard let watch = try ProcessWatch.open(pid: pid) else { throw Failure(description: "no process") }
        self.watch = watch
    }

    deinit {
        guard end.withLock({ $0 == nil }) else { return }
        _ = try? watch.signal(SIGKILL)
        _ = try? watch.reap(waiting: true)
    }

    /// Starts a daemon and waits until it says that it is ready.
    static func ready(
        _ home: TemporaryHome, _ instance: String = "a", _ arguments: [String] = [], environment: [String: String] = [:],
        asOutput: Bool = false
    ) throws -> TestDaemonProcess {
        let daemon = try TestDaemonProcess(home, instance, arguments, environment: environment, asOutput: asOutput)
        try daemon.waitReady()
        return daemon
    }

    private static func spawn(_ words: [String], _ variables: [String: String], _ output: String, _ inheriting: (Int32, Int32)?) throws
        -> Int32
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        if let (own, number) = inheriting { posix_spawn_file_actions_adddup2(&actions, own, number) }
        // The test runner may ignore or block what a daemon must not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw Failure(description: "spawn: \(SystemError.text(of: code))") }
        return pid
    }

    // MARK: What it says and how it ends

    /// What it wrote to its streams.
    var output: String {
        String(decoding: home.contents(String(outputPath.dropFirst(home.path.count + 1))) ?? [], as: UTF8.self)
    }

    /// Waits for READY=1.
    func waitReady(within seconds: Int32 = 20) throws {
        try waitMessage(within: seconds) { $0["READY"] == "1" }
    }

    /// Waits for a message that is as wanted.
    func waitMessage(within seconds: Int32 = 20, _ isWanted: ([String: String]) -> Bool) throws {
        let deadline = Monotonic.now().adding(UInt64(seconds) * 1_000_000_000)
        while true {
            while let message = try notify.receive() {
                #expect(message.pid == pid)
                messages.withLock { $0.append(message.assignments) }
                if isWanted(message.assignments) { return }
            }
            let left = Int32(clamping: deadline.since(.now()) / 1_000_000)
            var waiting = [
                pollfd(fd: notify.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard left > 0, poll(&waiting, 2, left) > 0 else { throw Failure(description: "no message; it wrote: \(output)") }
            if waiting[0].revents == 0 { throw Failure(description: "it ended (\(try waitEnd())); it wrote: \(output)") }
        }
    }

    /// Waits until it has ended, and says how.
    @discardableResult
    func waitEnd(within seconds: Int32 = 20) throws -> ProcessEnd {
        if let end = end.withLock({ $0 }) { return end }
        guard watch.waitForExit(milliseconds: seconds * 1000), let found = try watch.reap() else {
            throw Failure(description: "it has not ended; it wrote: \(output)")
        }
        end.withLock { $0 = found }
        return found
    }

    var isRunning: Bool { end.withLock { $0 == nil } && !watch.hasExited }

    func signal(_ number: Int32) throws {
        try watch.signal(number)
    }

    // MARK: What it answers

    var record: DaemonRecord {
        get throws {
            try ContractJSON.decode(DaemonRecord.self, from: try #require(home.contents("run/worker/\(instance).json")))
        }
    }

    var token: String {
        get throws { String(decoding: try #require(home.contents("run/token")), as: UTF8.self).filter { !$0.isWhitespace } }
    }

    /// A connection to its control socket.
    func control() throws -> RawConnection {
        try RawConnection(unix: "\(home.path)/run/worker/\(instance).sock")
    }

    /// A connection to its port.
    func tcp() throws -> RawConnection {
        try RawConnection(port: try #require(try record.port))
    }

    /// One request to its control socket.
    func ask(_ method: String, _ path: String, _ body: String = "", headers: [String] = []) throws -> RawResponse {
        try control().ask(method, path, body, headers: headers)
    }

    /// One request to its port.
    func askTCP(_ method: String, _ path: String, _ body: String = "", headers: [String] = []) throws -> RawResponse {
        try tcp().ask(method, path, body, headers: headers)
    }
}

/// Runs a program to its end and returns what it wrote.
func runToEnd(_ words: [String]) throws -> String {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let (read, write) = try Descriptor.pipe()
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, write.rawValue, 1)
    posix_spawn_file_actions_adddup2(&actions, write.rawValue, 2)
    var argv = words.map { strdup($0) } + [nil]
    var envp = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, words[0], &actions, nil, &argv, &envp)
    guard code == 0 else { throw TestDaemonProcess.Failure(description: "spawn: \(SystemError.text(of: code))") }
    write.close()
    let output = try read.readToEnd(limit: 1 << 20)
    waitpid(pid, nil, 0)
    return String(decoding: output, as: UTF8.self)
}
