import Glibc
import Platform

/// One `RBEE_HOME` of a run: its folder, its configuration, and a launcher of its own, by which everything that it starts can be told.
struct ChaosHome: Sendable, Hashable {
    let index: Int
    let path: String

    static func letter(_ index: Int) -> String { index == 0 ? "a" : "b" }

    var letter: String { Self.letter(index) }
    var run: String { "\(path)/run" }

    /// What a keeper of this home finds in its environment.
    var environment: [String: String] {
        ["RBEE_HOME": path, "HOME": path, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
    }

    /// The programs that homes need, beside this one.
    static let programs = ["queen-rbee", "rbee-hive", "rbee-worker", "rbee-context", "rbee-test-daemon", "rbee-hostile"]

    /// Makes the folder of a home in the folder of the run.
    init(_ index: Int, in root: String) throws(SystemError) {
        self.index = index
        path = "\(root)/\(Self.letter(index))"
        guard mkdir(path, 0o700) == 0, mkdir("\(path)/bin", 0o700) == 0 else {
            throw SystemError(errno: errno, "make a folder", path: path)
        }
        for program in Self.programs {
            let original = "\(Spawn.programs)/\(program)"
            guard access(original, X_OK) == 0, symlink(original, "\(path)/bin/\(program)") == 0 else {
                throw SystemError(errno: errno, "find a built program (`swift build --build-tests` makes them)", path: original)
            }
        }
        guard let launcher = ChaosFile.read("\(Spawn.programs)/rbee-launch"),
            ChaosFile.write("\(path)/bin/rbee-launch", launcher, mode: 0o700)
        else { throw SystemError(errno: errno, "copy the launcher", path: path) }
        ChaosFile.write("\(path)/config.yaml", Array(Self.configuration.utf8))
        mkdir("\(path)/projects", 0o700)
        for project in CommandPlanner.projects {
            let folder = self.project(project)
            mkdir(folder, 0o700)
            ChaosFile.write("\(folder)/main.c", Array("#include \"bees.h\"\n\nint main(void) { return bees(); }\n".utf8))
            ChaosFile.write("\(folder)/bees.h", Array("int bees(void);\n".utf8))
        }
    }

    /// Ports of the kernel's choice; workers that stay, so that none goes by itself but the one that is told to; a model whose engine is a program that starts others.
    private static let configuration = """
        queen:
          port: 0
        hive:
          port: 0
        worker:
          ttl: 0
        heartbeat:
          interval: 2s
          timeout: 10s
        models:
          builtin: {}
          \(CommandPlanner.engineModel):
            engine: command
            command: ["\(Spawn.ownPath)", "\(ProgramMode.engine.rawValue)", "${PORT}"]
            health: /health
            start_timeout: 30s

        """

    /// A project that the context daemon may be asked about.
    func project(_ name: String) -> String { "\(path)/projects/\(name)" }

    /// The words of a command with the names of projects, `@name`, as the paths that they have here: a plan knows none.
    func words(_ planned: [String]) -> [String] {
        planned.map { $0.hasPrefix("@") ? project(String($0.dropFirst())) : $0 }
    }

    func folder(of kind: String) -> String { "\(run)/\(kind)" }
}
