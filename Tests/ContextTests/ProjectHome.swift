import ContextContract
import EventLoop
import Glibc
import Platform
import Testing

@testable import Context

/// A folder with a project and a place to remember it, for one test.
final class ProjectHome: Sendable {
    let root: String
    var project: String { "\(root)/project" }
    var data: String { "\(root)/data" }

    static func with(_ body: (ProjectHome) async throws -> Void) async throws {
        let home = try ProjectHome()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(home))
        } catch {
            result = .failure(error)
        }
        home.run("/bin/rm", "-rf", home.root)
        try result.get()
    }

    private init() throws {
        var template = Array("/tmp/rbee-context-XXXXXX".utf8CString)
        root = try #require(mkdtemp(&template).flatMap { realpath($0, nil) }.map { String(cString: $0) })
        mkdir("\(root)/project", 0o700)
        // Private as a data directory has to be.
        mkdir("\(root)/data", 0o700)
    }

    func write(_ name: String, _ text: String = "x\n") throws {
        var folder = project
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o700)
        }
        try AtomicFile.write("\(project)/\(name)", Array(text.utf8), mode: 0o600, durable: false)
    }

    /// Runs a program to its end.
    @discardableResult
    func run(_ program: String, _ arguments: String...) -> Int32 {
        var pid: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        guard posix_spawn(&pid, program, &actions, nil, &words, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return (status >> 8) & 0xff
    }

    func git(_ arguments: String...) {
        var words = ["-C", project, "-c", "user.name=t", "-c", "user.email=t@t"]
        words += arguments
        var code: Int32 = -1
        switch words.count {
        default: code = run("/usr/bin/env", "sh", "-c", "git \(words.map { "'\($0)'" }.joined(separator: " "))")
        }
        #expect(code == 0, "git \(arguments)")
    }

    var path: ProjectPath { ProjectPath(stored: project) }

    func store() throws -> ProjectStore { try ProjectStore(directory: data) }

    /// Without a watcher, and with changes taken at once: a test waits for nothing but what it asked for.
    func around(watching: Bool = false, quiet: UInt64 = 500_000_000) -> Project.Surroundings {
        var around = Project.Surroundings(loop: .shared)
        if !watching { around.watcher = { _, _, _ in nil } }
        around.coalescer = ChangeCoalescer(quiet: quiet)
        return around
    }

    func manager(capacity: Int = 3, watching: Bool = false, quiet: UInt64 = 500_000_000) throws -> ProjectManager {
        ProjectManager(store: try store(), capacity: capacity, around: around(watching: watching, quiet: quiet))
    }
}

/// The code of the error that a body ends with; nil when it ends well.
func failure(_ body: () async throws -> Void) async -> ProjectError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? ProjectError)?.code
    }
}
