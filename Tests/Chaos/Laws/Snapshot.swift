import DaemonContract

/// One home as it was at a moment of quiet: its processes by /proc, its locks by the kernel, its files by their content, and what
/// `rbee-keeper list` said of it.
struct Snapshot: Sendable {
    struct Lock: Sendable, Hashable {
        let daemon: String
        let isHeld: Bool
        let line: LockSight.Line?
        /// The living processes of the home that have it, daemons and their shepherds.
        let holders: Set<Int32>
    }

    struct Record: Sendable, Hashable {
        let daemon: String
        /// nil: it cannot be read as a record.
        let content: DaemonRecord?
    }

    struct Handle: Sendable, Hashable {
        let path: String
        let daemon: String
        /// nil: it cannot be read as a handle.
        let content: HandleFile?
    }

    var home: Int
    var processes: [SeenProcess] = []
    var locks: [Lock] = []
    var records: [Record] = []
    var handles: [Handle] = []
    /// As `kind/instance`.
    var sockets: [String] = []
    /// As `kind/instance`: whose socket for framed requests is there.
    var requestSockets: [String] = []
    /// What is kept of projects and cannot be read.
    var brokenManifests: [String] = []
    var lastEnds: [String: LastEnd] = [:]
    /// What daemons printed, by daemon.
    var outputs: [String: String] = [:]
    /// How many corrupt files of each name were set aside.
    var setAside: [String: Int] = [:]
    /// nil: `list` failed.
    var listed: [DaemonStatusRow]?

    var daemons: [SeenProcess] { processes.filter(\.role.isDaemon) }
}

extension Snapshot {
    /// Looks at everything but `list`.
    static func take(of home: ChaosHome, reader: ProcReader) -> Snapshot {
        var snapshot = Snapshot(home: home.index)
        let files = HomeFiles(home: home)
        snapshot.processes = reader.processes().filter { $0.home == home.index && $0.role != .bystander }
        let candidates = snapshot.processes.filter { $0.role.isDaemon || $0.role == .shepherd || $0.role == .launcher }
        snapshot.locks = files.locks().compactMap { entry in
            guard let sight = LockSight(entry.path) else { return nil }
            let holders = sight.isHeld ? candidates.map(\.pid).filter { sight.isHeld(by: $0) } : []
            return Lock(daemon: entry.daemon, isHeld: sight.isHeld, line: sight.line, holders: Set(holders))
        }
        snapshot.records = files.records().map { entry in
            Record(daemon: entry.daemon, content: decode(DaemonRecord.self, entry.path))
        }
        snapshot.handles = files.handles().map { entry in
            Handle(path: entry.path, daemon: entry.daemon, content: decode(HandleFile.self, entry.path))
        }
        snapshot.sockets = files.sockets().map(\.daemon)
        snapshot.requestSockets = files.requestSockets().map(\.daemon)
        snapshot.brokenManifests = files.manifests().map(\.path).filter { !isManifest($0) }
        for entry in files.lastEnds() { snapshot.lastEnds[entry.daemon] = decode(LastEnd.self, entry.path) }
        for entry in files.outputs() { snapshot.outputs[entry.daemon] = ChaosFile.text(of: entry.path) }
        for path in ChaosFile.tree(home.run) {
            guard let mark = path.firstRange(of: ".corrupt-") else { continue }
            snapshot.setAside[String(path[..<mark.lowerBound]), default: 0] += 1
        }
        return snapshot
    }

    /// Whether a file can be read as what the context daemon keeps of a project.
    static func isManifest(_ path: String) -> Bool {
        decode(JSONValue.self, path)?["project_path"]?.stringValue?.isEmpty == false
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) -> Value? {
        ChaosFile.read(path).flatMap { try? ContractJSON.decode(type, from: $0) }
    }
}
