internal import Glibc

/// The process that the floor is measured against: this program once more.
struct FloorServer {
    let pid: Int32
    let path: String

    init(path: String) throws {
        self.path = path
        var pid: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = ["rbee-bench", "echo-server", path].map { (word: String) in strdup(word) } + [nil]
        defer { for word in words { free(word) } }
        guard posix_spawn(&pid, "/proc/self/exe", nil, nil, &words, environ) == 0 else {
            throw BlockingClient.Failure(description: "cannot start the floor's server")
        }
        self.pid = pid
        for _ in 0..<1_000 {
            if (try? BlockingClient(path: path)) != nil { return }
            usleep(2_000)
        }
        end()
        throw BlockingClient.Failure(description: "the floor's server does not listen")
    }

    func end() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }
}
