import Glibc
import Platform

/// Starts a program as a shell would: default signals, nothing inherited but its three streams, in a process group of its own, so that
/// Ctrl-C means this program and not those.
enum Spawn {
    /// - Parameters:
    ///   - words: all of them, the name it goes by first.
    ///   - streams: what becomes of descriptors 0 to 2; nil is `/dev/null`.
    ///   - inNewSession: leaves the session of its starter.
    /// - Returns: its pid; it is for the caller to reap.
    static func start(
        _ program: String, _ words: [String], environment: [String: String], streams: [Descriptor?] = [nil, nil, nil],
        inNewSession: Bool = false
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in streams.enumerated() {
            if let stream {
                posix_spawn_file_actions_adddup2(&actions, stream.rawValue, Int32(number))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
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
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (inNewSession ? 0x80 : POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw SystemError(errno: failure, "run", path: program) }
        return pid
    }

    /// This program.
    static let ownPath = ProcReader.link("/proc/self/exe") ?? ""
    /// Where the built programs are: beside this one.
    static let programs = ownPath.lastIndex(of: "/").map { String(ownPath[..<$0]) } ?? ""
}
