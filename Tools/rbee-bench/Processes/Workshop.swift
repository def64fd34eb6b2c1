internal import BenchReport
internal import Glibc
internal import Platform

/// Where a run works: the programs that are measured, a folder for homes, and how long it may take.
struct Workshop: Sendable {
    /// Stands in the environment of everything that a run starts, directly or not: so it is found again.
    static let variable = "RBEE_BENCH_ROOT"

    /// The folder of this run, in /tmp or where `TMPDIR` says.
    let root: String
    /// Where the programs are: beside this one.
    let programs: String
    let pace: Pace

    /// Makes the folder, and makes this program's environment what everything that it starts is to have. Before there is any other thread.
    init(pace: Pace) throws {
        self.pace = pace
        let ownPath = Workshop.ownPath
        guard let slash = ownPath.lastIndex(of: "/") else {
            throw BenchError("cannot tell where this program is: /proc/self/exe leads nowhere")
        }
        programs = String(ownPath[..<slash])
        // For clients with hundreds of connections, and two hundred processes that are read from.
        _ = try DescriptorLimit.raise(to: 2_048)
        for variable in ["RBEE_HOME", "RBEE_NONCE", "RBEE_OWNER", "RBEE_LOCK_FD", "NOTIFY_SOCKET"] { unsetenv(variable) }
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(place.hasPrefix("/") ? place : "/tmp")/rbee-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno: errno, "make a folder in", path: place) }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        setenv(Self.variable, root, 1)
        setenv("RBEE_BIN_DIR", programs, 1)
        // The kernel picks the ports: whatever else runs here keeps its own.
        setenv("RBEE_QUEEN_PORT", "0", 1)
        setenv("RBEE_HIVE_PORT", "0", 1)
    }

    /// A folder of its own for one benchmark's daemons.
    func home(_ name: String) throws -> String {
        let path = "\(root)/\(name)"
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError(errno: errno, "make the folder", path: path) }
        return path
    }

    /// The path of a program of ours.
    func program(_ name: String) throws -> String {
        let path = "\(programs)/\(name)"
        guard access(path, X_OK) == 0 else {
            throw BenchError("\(path) is missing: make bench builds it")
        }
        return path
    }

    /// A keeper's command in a home.
    func keeper(_ words: [String], home: String) throws -> Command {
        Command(program: try program("rbee-keeper"), words: words, environment: ["RBEE_HOME": home])
    }

    /// Ends whatever is left of a benchmark.
    ///
    /// - Returns: how many processes that were: none, if it has stopped what it started.
    func endProcesses() -> Int { Cleanup(root: root).endProcesses() }

    /// Ends whatever is left of the run, and removes its folder.
    func close() {
        Cleanup(root: root).run()
    }

    static var ownPath: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }
}

/// How long a run may take.
struct Pace: Sendable {
    var isQuick = false
    /// What was asked for instead of a benchmark's own number.
    var rounds: Int?
    var seconds: Int?

    func rounds(_ usual: Int, quick: Int) -> Int { rounds ?? (isQuick ? quick : usual) }

    /// The same for what has no rounds of its own to choose: connections, requests.
    func count(_ usual: Int, quick: Int) -> Int { isQuick ? quick : usual }

    func seconds(_ usual: Int, quick: Int) -> Int { seconds ?? (isQuick ? quick : usual) }
}
