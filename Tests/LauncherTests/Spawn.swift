import Glibc
import Platform

/// posix_spawn with chosen streams and signal dispositions.
enum Spawn {
    static func start(
        _ path: String, _ arguments: [String], input: Int32, output: Int32, blocking: [Int32] = [], ignoring: [Int32] = []
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in blocking { sigaddset(&mask, signal) }
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        // "Ignored" has no attribute; it is inherited from a shell that ignores.
        let names = ignoring.map(String.init).joined(separator: " ")
        let command = ignoring.isEmpty ? [path] + arguments : ["/bin/sh", "-c", "trap '' \(names); exec \"$0\" \"$@\"", path] + arguments
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), strdup("STARTER=1"), nil]
        defer { environment.forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, command[0], &actions, &attributes, &words, &environment)
        guard failure == 0 else { throw SystemError(errno: failure, "start", path: command[0]) }
        return pid
    }
}

/// A named pipe by which programs under test say something.
final class Channel {
    let path: String
    private let reader: Descriptor

    init(in home: TemporaryHome, _ name: String = "channel") throws {
        path = "\(home.path)/\(name)"
        guard mkfifo(path, 0o600) == 0 else { throw SystemError(errno: errno, "make a pipe", path: path) }
        // For reading and writing, so that it never ends while writers come and go.
        reader = Descriptor(adopting: open(path, O_RDWR | O_CLOEXEC))
    }

    private var buffer: [UInt8] = []

    /// The next line.
    func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                return line
            }
            buffer += try reader.read(upTo: 4096) ?? []
        }
    }

    /// The next lines as process numbers, watched.
    func processes(_ count: Int) throws -> [ProcessWatch] {
        var all: [ProcessWatch] = []
        for _ in 0..<count {
            guard let pid = Int32(try line()), let watch = try ProcessWatch.open(pid: pid) else { throw SystemError(errno: ESRCH, "watch") }
            all.append(watch)
        }
        return all
    }
}
