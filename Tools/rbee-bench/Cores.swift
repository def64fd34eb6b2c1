internal import Glibc

/// Which processor cores a process may run on.
enum Cores {
    static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Keeps every thread of a process on one core; nil lets it run anywhere.
    static func pin(_ pid: Int32, to core: Int?) {
        let list = core.map { "\($0)" } ?? "0-\(count - 1)"
        var words: [UnsafeMutablePointer<CChar>?] =
            ["taskset", "-a", "-c", "-p", list, "\(pid)"].map { (word: String) in strdup(word) } + [nil]
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        var child: pid_t = 0
        guard posix_spawn(&child, "/usr/bin/taskset", &actions, nil, &words, environ) == 0 else { return }
        var status: Int32 = 0
        waitpid(child, &status, 0)
    }
}

/// The machine that was measured on, for whoever compares.
struct MachineFacts: Encodable {
    let cores = Cores.count
    let model: String
    let kernel: String

    init() {
        var name = utsname()
        uname(&name)
        kernel = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        var found = "unknown"
        if let file = fopen("/proc/cpuinfo", "r") {
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 512)
            while fgets(&line, 512, file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                guard text.hasPrefix("model name"), let colon = text.firstIndex(of: ":") else { continue }
                found = String(text[text.index(colon, offsetBy: 2)...].prefix { $0 != "\n" })
                break
            }
        }
        model = found
    }
}
