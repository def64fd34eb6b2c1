import CPlatform
import DaemonContract
import Glibc
import Platform
import Synchronization

/// Damages files of a home as the plan says, and knows what it put in others' way.
final class Vandal: Sendable {
    /// What was done, for the timeline.
    struct Deed: Sendable {
        let daemon: String?
        let text: String
    }

    private struct State {
        /// Things that stand in the way of lock or socket, with what they are.
        var obstacles: [(path: String, kind: mode_t)] = []
        /// Sockets that are listened on and never answered.
        var listening: [Descriptor] = []
        /// What is known of projects and was damaged.
        var manifests: Set<String> = []
        /// Nonces of daemons whose lock line or record was damaged.
        var hidden: Set<String> = []
    }

    private let bystanders: Bystanders
    /// A file that links lead to, and that nobody may change.
    private let precious: String
    private static let preciousText = Array("nobody's business\n".utf8)
    private let state = Mutex(State())

    init(root: String, bystanders: Bystanders) {
        self.bystanders = bystanders
        precious = "\(root)/precious"
        ChaosFile.write(precious, Self.preciousText)
    }

    var isPreciousUntouched: Bool { ChaosFile.read(precious) == Self.preciousText }

    /// - Parameter announce: called before a daemon's lock file is taken from under it.
    /// - Returns: nil when there is no such file.
    func perform(_ damage: Damage, on home: ChaosHome, announce: (String) -> Void) -> Deed? {
        let files = HomeFiles(home: home)
        let entries: [HomeFiles.Entry]
        switch damage.target {
        case .record: entries = files.records()
        case .lock: entries = files.locks()
        case .socket: entries = files.sockets()
        case .requestSocket: entries = files.requestSockets()
        case .manifest: entries = files.manifests()
        case .lastEnd: entries = files.lastEnds()
        case .handle: entries = files.handles()
        case .token: return alter("\(home.run)/token", damage) ? Deed(daemon: nil, text: "\(damage)") : nil
        case .engineLock:
            let folder = home.folder(of: "engines")
            entries = ChaosFile.names(in: folder).filter { $0.hasSuffix(".lock") }.map {
                HomeFiles.Entry(path: "\(folder)/\($0)", kind: "worker", instance: String($0.dropLast(".lock".count)))
            }
        case .folder:
            let kind = HomeFiles.kinds[damage.pick % HomeFiles.kinds.count]
            guard ChaosFile.about(home.folder(of: kind)) != nil else { return nil }
            for entry in files.locks() + files.records() where entry.kind == kind { hide(entry, home) }
            ChaosFile.removeTree(home.folder(of: kind))
            return Deed(daemon: nil, text: "\(damage): run/\(kind)")
        case .ghost: return makeGhost(damage, home)
        }
        guard !entries.isEmpty else { return nil }
        let entry = entries[damage.pick % entries.count]
        if damage.replacesLock { announce(entry.daemon) }
        if damage.target == .lock || damage.target == .record { hide(entry, home) }
        return strike(entry, damage, home) ? Deed(daemon: entry.daemon, text: "\(damage): \(entry.path)") : nil
    }

    private func strike(_ entry: HomeFiles.Entry, _ damage: Damage, _ home: ChaosHome) -> Bool {
        let path = entry.path
        switch damage.manner {
        case .empty, .truncate, .garble, .delete:
            return alter(path, damage)
        case .folder:
            unlink(path)
            obstruct(path, S_IFDIR)
            return mkdir(path, 0o700) == 0
        case .link:
            unlink(path)
            obstruct(path, S_IFLNK)
            return symlink(precious, path) == 0
        case .file:
            // In a lock's place it is as good a lock file as any.
            if damage.target == .socket || damage.target == .requestSocket { obstruct(path, S_IFREG) }
            return ChaosFile.replace(path, Array("not what you think\n".utf8))
        case .forge, .forgeWithNonce:
            return forge(entry, damage, home)
        case .staleSocket:
            return bind(path) != nil
        case .foreignSocket:
            guard let socket = bind(path), listen(socket.rawValue, 64) == 0 else { return false }
            state.withLock { $0.listening.append(socket) }
            return true
        }
    }

    private func alter(_ path: String, _ damage: Damage) -> Bool {
        guard let content = ChaosFile.read(path) else { return false }
        if damage.target == .manifest { state.withLock { _ = $0.manifests.insert(path) } }
        switch damage.manner {
        case .empty: return ChaosFile.write(path, [])
        case .truncate: return ChaosFile.write(path, Array(content.prefix(content.count / 2)))
        case .garble:
            var generator = SeededGenerator(seed: damage.salt)
            return ChaosFile.write(path, content.map { $0 ^ UInt8(truncatingIfNeeded: generator.next()) })
        default: return unlink(path) == 0
        }
    }

    private func forge(_ entry: HomeFiles.Entry, _ damage: Damage, _ home: ChaosHome) -> Bool {
        let living = LockSight("\(home.folder(of: entry.kind))/\(entry.instance).lock")?.line?.nonce
        let drawn = Forger.nonce(damage.salt)
        let nonce = damage.manner == .forgeWithNonce ? living ?? drawn : drawn
        let forger = Forger(bystander: bystanders.one(damage.salt), nonce: nonce, kind: entry.kind, instance: entry.instance)
        let bytes: [UInt8]? =
            switch damage.target {
            case .lock: forger.lockLine
            case .record: forger.record(run: home.run)
            case .lastEnd: forger.lastEnd
            default: forger.handle
            }
        guard let bytes else { return false }
        // The lock's content is written over where it stands: another file there would be another lock.
        return damage.target == .lock ? ChaosFile.write(entry.path, bytes) : ChaosFile.replace(entry.path, bytes)
    }

    private func makeGhost(_ damage: Damage, _ home: ChaosHome) -> Deed? {
        let folder = home.folder(of: "worker")
        let instance = "ghost-\(damage.pick % 4)"
        let forger = Forger(
            bystander: bystanders.one(damage.salt), nonce: Forger.nonce(damage.salt), kind: "worker", instance: instance)
        let path = "\(folder)/\(instance)"
        guard ChaosFile.about(folder) != nil, let record = forger.record(run: home.run), let handle = forger.handle,
            ChaosFile.write("\(path).lock", forger.lockLine), ChaosFile.replace("\(path).json", record)
        else { return nil }
        if ChaosFile.about(home.folder(of: "handles")) != nil {
            ChaosFile.replace("\(home.folder(of: "handles"))/worker-\(instance).keeper.json", handle)
        }
        return Deed(daemon: "worker/\(instance)", text: "\(damage): \(path)")
    }

    // MARK: What is hidden

    /// Lock line or record of a daemon are about to be damaged.
    func hide(_ entry: HomeFiles.Entry, _ home: ChaosHome) {
        let path = "\(home.folder(of: entry.kind))/\(entry.instance)"
        let record = ChaosFile.read("\(path).json").flatMap { try? ContractJSON.decode(DaemonRecord.self, from: $0) }
        let nonces = [LockSight("\(path).lock")?.line?.nonce, record?.nonce].compactMap { $0 }
        state.withLock { $0.hidden.formUnion(nonces) }
    }

    /// Ends what engines have started whose worker and guard were killed, if their nonce was damaged: nothing but that tells anybody whose they were.
    func endHidden(_ processes: [SeenProcess], reader: ProcReader) {
        let hidden = state.withLock { $0.hidden }
        for process in processes where process.role == .engine || process.role == .engineChild {
            guard let nonce = process.nonce, hidden.contains(nonce),
                !processes.contains(where: { $0.nonce == nonce && ($0.role.isDaemon || $0.role == .guard) })
            else { continue }
            Victim(process, reader: reader)?.signal(SIGKILL)
        }
    }

    // MARK: What stands in the way

    private func obstruct(_ path: String, _ kind: mode_t) {
        state.withLock { $0.obstacles.append((path, kind)) }
    }

    /// A socket of our own in the place of whatever is there.
    private func bind(_ path: String) -> Descriptor? {
        let number = rbee_unix_stream()
        guard number >= 0 else { return nil }
        let socket = Descriptor(adopting: number)
        let temporary = Array("\(path).new".utf8)
        guard rbee_unix_bind(number, temporary, temporary.count) == 0, rename("\(path).new", path) == 0 else { return nil }
        return socket
    }

    /// Takes away what was put in others' way, where it still stands there.
    func tidy() {
        let (obstacles, listening, manifests) = state.withLock { state in
            defer { state = State() }
            return (state.obstacles, state.listening, state.manifests)
        }
        // What the daemon has written anew since stays.
        for path in manifests where !Snapshot.isManifest(path) { unlink(path) }
        for (path, kind) in obstacles where ChaosFile.isKind(path, kind) { ChaosFile.removeTree(path) }
        // Their files stay: sockets that nobody serves any more are in nobody's way.
        for socket in listening { socket.close() }
    }
}
