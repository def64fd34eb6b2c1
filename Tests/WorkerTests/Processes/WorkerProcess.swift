import DaemonContract
import EventLoop
import Glibc
import HTTP
import Platform
import Testing

/// The built `rbee-worker`, run for real. Killed and reaped when the value goes.
final class WorkerProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let directory: TemporaryDirectory
    let instance: String
    let pid: Int32
    private let watch: ProcessWatch
    private let notify: NotifySocket
    private let output: String

    /// Where the built products are: beside the running executable.
    static let products: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }()

    /// Starts a worker.
    ///
    /// - Parameter configuration: the text of its configuration file.
    init(_ directory: TemporaryDirectory, _ arguments: String..., instance: String = "tiny-1", configuration: String? = nil) throws {
        self.directory = directory
        self.instance = instance
        if let configuration {
            _ = try RunDirectory.make(directory.path).writeAtomically("config.yaml", Array(configuration.utf8))
        }
        let nonce = Nonce()
        notify = try NotifySocket(nonce: nonce)
        output = "\(directory.path)/\(instance).output"
        pid = try Self.spawn(
            ["\(Self.products)/rbee-worker", "--instance", instance, "--port", "0", "--owner", "hive/test"] + arguments,
            [
                "RBEE_HOME": directory.path, "RBEE_BIN_DIR": Self.products, "RBEE_NONCE": nonce.text, "NOTIFY_SOCKET": notify.address,
                "PATH": "/usr/bin:/bin",
            ], output)
        guard let watch = try ProcessWatch.open(pid: pid) else { throw Failure(description: "no process") }
        self.watch = watch
    }

    deinit {
        // The guard of its engine clears up after it and writes down how that ended: the directory is removed only then.
        let engineGuard = engineGuard()
        _ = try? watch.signal(SIGKILL)
        _ = try? watch.reap(waiting: true)
        _ = engineGuard?.waitForExit(milliseconds: 5000)
    }

    private func engineGuard() -> ProcessWatch? {
        guard let engines = try? RunDirectory.open("\(directory.path)/run/engines", create: false),
            let line = try? LockLine.read(in: engines, name: "\(instance).lock"), let engine = ProcessStat.of(pid: line.pid),
            engine.startTicks == line.startTicks
        else { return nil }
        return try? ProcessWatch.open(pid: engine.parent)
    }

    private static func spawn(_ words: [String], _ variables: [String: String], _ output: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
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
        let code = posix_spawn(&pid, words[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw Failure(description: "spawn: \(SystemError.text(of: code))") }
        return pid
    }

    /// What it wrote to its streams.
    var said: String {
        let descriptor = open(output, O_RDONLY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    /// Waits until it is ready, and gives what it wrote about itself.
    func ready() async throws -> DaemonRecord {
        try await onBlockingThread { [self] in
            while try !notify.receiveAll().contains(where: { $0["READY"] == "1" }) {
                var waiting = [
                    pollfd(fd: notify.descriptor, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0),
                ]
                guard poll(&waiting, 2, 30_000) > 0, waiting[0].revents != 0 else {
                    throw Failure(description: "not ready; it wrote: \(said)")
                }
            }
        }
        return try #require(try record())
    }

    func record() throws -> DaemonRecord? {
        guard let run = try RunDirectory.open("\(directory.path)/run/worker", create: false) else { return nil }
        return try run.read("\(instance).json").map { try ContractJSON.decode(DaemonRecord.self, from: $0) }
    }

    /// A client of this worker, once it is ready.
    ///
    /// - Parameter record: what it wrote about itself, if that was waited for already.
    func client(_ record: DaemonRecord? = nil) async throws -> HTTPClient {
        var ready = record
        if ready == nil { ready = try await self.ready() }
        return HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: Int(try #require(ready?.port))))
    }

    func signal(_ number: Int32) throws {
        try watch.signal(number)
    }

    /// Waits until it has ended, and says how.
    func end() async throws -> ProcessEnd {
        try await onBlockingThread { [self] in
            guard watch.waitForExit(milliseconds: 30_000), let end = try watch.reap() else {
                throw Failure(description: "not ended; it wrote: \(said)")
            }
            return end
        }
    }
}

extension NotifySocket {
    fileprivate func receiveAll() throws -> [[String: String]] {
        var messages: [[String: String]] = []
        while let message = try receive() { messages.append(message.assignments) }
        return messages
    }
}
