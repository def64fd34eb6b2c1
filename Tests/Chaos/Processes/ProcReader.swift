import Glibc

/// Reads /proc by itself, without the code under test: which processes belong to the homes of a run.
///
/// A process belongs to a home when its environment names it, or when it runs a program that lies in it: the launcher and what becomes of it
/// are started with a nonce and nothing else, so each home has a copy of that program of its own.
struct ProcReader: Sendable {
    /// The folder of the run; its homes are in it.
    let root: String

    /// Every living process of the homes. Whoever is born or dies meanwhile may or may not be among them.
    func processes() -> [SeenProcess] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [SeenProcess] = []
        while let entry = readdir(folder) {
            let number = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { strtol($0, nil, 10) }
            }
            if number > 1, let process = process(Int32(truncatingIfNeeded: number)) { found.append(process) }
        }
        return found.sorted { ($0.startTicks, $0.pid) < ($1.startTicks, $1.pid) }
    }

    /// The process of a number, if it belongs to one of the homes and lives.
    func process(_ pid: Int32) -> SeenProcess? {
        let before = Self.stat(pid)
        guard let before, before.state != UInt8(ascii: "Z"), before.state != UInt8(ascii: "X") else { return nil }
        let program = Self.link("/proc/\(pid)/exe")
        let own = Self.ownVariables(pid)
        guard let place = Self.value("RBEE_HOME", in: own).flatMap(home) ?? program.flatMap(home) else { return nil }
        let arguments = (ChaosFile.read("/proc/\(pid)/cmdline") ?? []).split(separator: 0).map { ChaosFile.text($0) }
        // All of it was read of one process if that is the one that is there now.
        guard let after = Self.stat(pid), after.startTicks == before.startTicks, Self.link("/proc/\(pid)/exe") == program else {
            return nil
        }
        let name = program.map { Self.name(of: $0) } ?? ""
        let role = Self.role(name, after.name, arguments)
        return SeenProcess(
            pid: pid, parent: after.parent, startTicks: after.startTicks, state: after.state, role: role, home: place,
            daemon: role.isDaemon ? Self.daemon(name, arguments) : nil, nonce: Self.value("RBEE_NONCE", in: own),
            hasInheritedLock: Self.value("RBEE_LOCK_FD", in: own) != nil, command: arguments.joined(separator: " "))
    }

    // MARK: What it is

    private static func role(_ program: String, _ name: String, _ arguments: [String]) -> Role {
        switch program {
        case "rbee-keeper": .keeper
        case "queen-rbee": .queen
        case "rbee-hive": .hive
        case "rbee-worker": .worker
        case "rbee-context": .context
        case "rbee-test-daemon": .oddDaemon
        case "rbee-hostile": arguments.contains("--be-child") ? .oddChild : .oddDaemon
        case "rbee-launch": name == "rbee-guard" ? .guard : name == "rbee-shepherd" ? .shepherd : .launcher
        case "rbee-chaos":
            switch arguments.dropFirst().first {
            case ProgramMode.engine.rawValue: .engine
            case ProgramMode.engineChild.rawValue: .engineChild
            case ProgramMode.bystander.rawValue: .bystander
            default: .unknown
            }
        default: .unknown
        }
    }

    private static func daemon(_ program: String, _ arguments: [String]) -> String {
        let kind = ["queen-rbee": "queen", "rbee-hive": "hive", "rbee-context": "context"][program] ?? "worker"
        let usual = ["queen": "default", "hive": "localhost", "context": "default"][kind] ?? "-"
        let place = arguments.firstIndex(of: "--instance").map { $0 + 1 }
        let instance = place.flatMap { arguments.indices.contains($0) ? arguments[$0] : nil }
        return "\(kind)/\(instance ?? usual)"
    }

    /// The home that a path is, or lies in.
    private func home(_ path: String) -> Int? {
        guard path.hasPrefix(root) else { return nil }
        return (0...1).first { path == "\(root)/\(ChaosHome.letter($0))" || path.hasPrefix("\(root)/\(ChaosHome.letter($0))/") }
    }

    private static func value(_ name: String, in variables: [String]) -> String? {
        variables.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// The program's own name, also when its file is gone.
    private static func name(of path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        return last.hasSuffix(" (deleted)") ? String(last.dropLast(" (deleted)".count)) : last
    }

    // MARK: Files of /proc

    struct Stat {
        let name: String
        let state: UInt8
        let parent: Int32
        let startTicks: UInt64
    }

    static func stat(_ pid: Int32) -> Stat? { stat(at: "/proc/\(pid)/stat") }

    /// What a process or a thread does now; nil once it is gone.
    static func state(of path: String) -> UInt8? { stat(at: path)?.state }

    private static func stat(at path: String) -> Stat? {
        guard let bytes = ChaosFile.read(path), let open = bytes.firstIndex(of: UInt8(ascii: "(")),
            let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close
        else { return nil }
        let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(ChaosFile.text(fields[1])),
            let ticks = UInt64(ChaosFile.text(fields[19]))
        else { return nil }
        return Stat(name: ChaosFile.text(bytes[(open + 1)..<close]), state: state, parent: parent, startTicks: ticks)
    }

    static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink(path, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    /// What a process was started with of the variables that begin with `RBEE_`. Most processes have none: no text is made of theirs.
    private static func ownVariables(_ pid: Int32) -> [String] {
        guard var bytes = ChaosFile.read("/proc/\(pid)/environ"), !bytes.isEmpty else { return [] }
        bytes.append(0)
        var found: [String] = []
        bytes.withUnsafeBytes { whole in
            guard var at = whole.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            let end = at + whole.count
            while at < end {
                if strncmp(at, "RBEE_", 5) == 0 { found.append(String(cString: at)) }
                at += strlen(at) + 1
            }
        }
        return found
    }
}
