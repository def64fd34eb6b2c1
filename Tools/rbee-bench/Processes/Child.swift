internal import Glibc
internal import Platform

/// A process that was started from here as a shell would start it: default signals, three streams and nothing else, a group of its own, so that
/// Ctrl-C means this program first.
final class Child {
    let pid: pid_t
    private var status: Int32?

    /// - Parameters:
    ///   - words: the arguments after the program's name.
    ///   - environment: what it has beyond this program's.
    ///   - output: its standard output; nil is `/dev/null`.
    ///   - errors: its standard error; nil is `/dev/null`.
    init(
        _ program: String, _ words: [String] = [], environment: [String: String] = [:], output: Descriptor? = nil, errors: Descriptor? = nil
    ) throws {
        try Interrupts.check()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        for (number, stream) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
            if let stream {
                posix_spawn_file_actions_adddup2(&actions, stream.rawValue, number)
            } else {
                posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t(), all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + words).map { strdup($0) } + [nil]
        var variables = Self.environment(with: environment)
        defer { for text in arguments + variables { free(text) } }
        var started: pid_t = 0
        let failure = posix_spawn(&started, program, &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw SystemError(errno: failure, "run", path: program) }
        pid = started
    }

    deinit {
        end()
    }

    /// Waits until it has ended.
    ///
    /// - Returns: its exit code, or 128 and the number of the signal that ended it.
    @discardableResult
    func wait() -> Int32 {
        if let status { return status }
        var word: Int32 = 0
        while waitpid(pid, &word, 0) < 0 && errno == EINTR {}
        let code = word & 0x7F == 0 ? (word >> 8) & 0xFF : 128 + (word & 0x7F)
        status = code
        return code
    }

    /// Sends a signal, unless it has been waited for: its number may be another's then.
    func signal(_ number: Int32) {
        if status == nil { kill(pid, number) }
    }

    /// Kills it if it runs, and waits until it is gone.
    func end() {
        guard status == nil else { return }
        signal(SIGKILL)
        wait()
    }

    /// This program's environment, with what is new or otherwise.
    private static func environment(with changes: [String: String]) -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            let name = String(cString: variable).prefix { $0 != "=" }
            if changes[String(name)] == nil { variables.append(strdup(variable)) }
            next += 1
        }
        return variables + changes.map { strdup("\($0.key)=\($0.value)") } + [nil]
    }
}
