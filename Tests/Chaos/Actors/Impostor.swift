import CPlatform
import Glibc
import Platform

/// Sets the scene for a ``Ruse``: whoever would mend the lie is out of the way for as long as the scene stands.
struct Impostor: Sendable {
    let run: ChaosRun
    let home: ChaosHome

    /// A lie that stands until it is ended.
    struct Scene: Sendable {
        let kind: String
        let instance: String
        /// The daemon that is suspended, or was killed.
        let victim: Victim?
        let isSuspended: Bool
        /// The lock in our own hands.
        let lock: Descriptor?
        /// What the dead had said before somebody lied in their place: by their nonce alone it is known what they have left running.
        let truths: [Truth]
        let text: String

        var daemon: String { "\(kind)/\(instance)" }

        /// The command that is led astray.
        var stop: CommandStep {
            let name = kind == "worker" ? [instance] : []
            return CommandStep(pause: 0, words: [kind, "stop"] + name + ["--grace", "300ms", "--timeout", "20s"])
        }

        /// The daemon goes on, and mends what it finds; a dead one gets its own words back.
        func end() {
            if isSuspended { victim?.signal(SIGCONT) }
            for truth in truths { truth.restore() }
            lock?.close()
        }
    }

    /// The content of a file before it was made to lie.
    struct Truth: Sendable {
        let path: String
        let content: [UInt8]
        let lie: [UInt8]

        /// Where the lie still stands.
        func restore() {
            if ChaosFile.read(path) == lie { ChaosFile.write(path, content) }
        }
    }

    /// Blocks until the scene stands.
    ///
    /// - Returns: nil where there is no room for it.
    func set(_ ruse: Ruse) -> Scene? {
        switch ruse.manner {
        case .ghost: ghost(ruse)
        case .suspended, .killed: inPlaceOfOne(ruse) ?? ghost(ruse)
        }
    }

    private func inPlaceOfOne(_ ruse: Ruse) -> Scene? {
        let files = HomeFiles(home: home)
        let processes = run.reader.processes().filter { $0.home == home.index && $0.role.isDaemon }
        let held = files.locks().compactMap { entry -> (entry: HomeFiles.Entry, sight: LockSight, process: SeenProcess)? in
            guard let sight = LockSight(entry.path), sight.isHeld,
                let process = processes.first(where: { $0.daemon == entry.daemon && sight.isHeld(by: $0.pid) })
            else { return nil }
            return (entry, sight, process)
        }
        guard !held.isEmpty else { return nil }
        let (entry, sight, process) = held[ruse.pick % held.count]
        guard let victim = Victim(process, reader: run.reader) else { return nil }
        let nonce = ruse.knowsNonce ? sight.line?.nonce : nil
        guard ruse.manner == .killed else {
            guard victim.signal(SIGSTOP) else { return nil }
            guard Self.standsStill(process.pid), lie(entry, nonce, ruse) else {
                victim.signal(SIGCONT)
                return nil
            }
            return Scene(
                kind: entry.kind, instance: entry.instance, victim: victim, isSuspended: true, lock: nil, truths: [],
                text: "\(ruse): \(process) is suspended")
        }
        guard victim.signal(SIGKILL), victim.waitForEnd(milliseconds: 5000), let lock = take(entry.path) else { return nil }
        let paths = [entry.path, "\(home.folder(of: entry.kind))/\(entry.instance).json"]
        let before = paths.map { ChaosFile.read($0) }
        guard lie(entry, nonce, ruse) else { return nil }
        let truths = zip(paths, before).compactMap { path, content in
            content.flatMap { content in ChaosFile.read(path).map { Truth(path: path, content: content, lie: $0) } }
        }
        return Scene(
            kind: entry.kind, instance: entry.instance, victim: victim, isSuspended: false, lock: lock, truths: truths,
            text: "\(ruse): \(process) was killed")
    }

    private func ghost(_ ruse: Ruse) -> Scene? {
        let kind = "worker", instance = "impostor-\(ruse.pick % 4)"
        let path = "\(home.folder(of: kind))/\(instance).lock"
        guard ChaosFile.about(home.folder(of: kind)) != nil, ChaosFile.about(path) != nil || ChaosFile.write(path, []),
            let lock = take(path), lie(HomeFiles.Entry(path: path, kind: kind, instance: instance), nil, ruse)
        else { return nil }
        return Scene(kind: kind, instance: instance, victim: nil, isSuspended: false, lock: lock, truths: [], text: "\(ruse): \(path)")
    }

    /// Lock line, record and handle name a bystander.
    private func lie(_ entry: HomeFiles.Entry, _ nonce: String?, _ ruse: Ruse) -> Bool {
        let forger = Forger(
            bystander: run.bystanders.one(ruse.salt), nonce: nonce ?? Forger.nonce(ruse.salt), kind: entry.kind, instance: entry.instance)
        let folder = home.folder(of: entry.kind)
        guard let record = forger.record(run: home.run), let handle = forger.handle, ChaosFile.isKind(entry.path, S_IFREG) else {
            return false
        }
        run.vandal.hide(entry, home)
        let handles = home.folder(of: "handles")
        if ChaosFile.about(handles) != nil {
            ChaosFile.replace("\(handles)/\(entry.kind)-\(entry.instance).keeper.json", handle)
        }
        // The line is written over where it stands: another file there would be another lock.
        return ChaosFile.replace("\(folder)/\(entry.instance).json", record) && ChaosFile.write(entry.path, forger.lockLine)
    }

    /// Takes a lock, which the shepherd of its holder has for a moment longer.
    private func take(_ path: String) -> Descriptor? {
        for _ in 0..<100 {
            let file = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard file >= 0 else { return nil }
            let descriptor = Descriptor(adopting: file)
            if rbee_ofd_lock(file) == 0 { return descriptor }
            descriptor.close()
            usleep(5000)  // whoever has it leaves no event that could be waited for
        }
        return nil
    }

    /// Waits until no thread of a suspended process runs on.
    private static func standsStill(_ pid: Int32) -> Bool {
        for _ in 0..<1000 {
            let threads = ChaosFile.names(in: "/proc/\(pid)/task")
            let states = threads.map { ProcReader.state(of: "/proc/\(pid)/task/\($0)/stat") }
            if !states.isEmpty, states.allSatisfy({ $0 == nil || $0 == UInt8(ascii: "T") }) { return true }
            usleep(1000)  // a process that comes to rest is no event
        }
        return false
    }
}
