import DaemonContract

/// Says which laws a quiet home breaks. Pure: it reads one snapshot.
struct LawJudge: Sendable {
    let snapshot: Snapshot
    /// Whether a command has put the run directory in order since the last damage: then no handle is unreadable any more.
    var isTidied = false

    private var home: Int { snapshot.home }
    private var daemons: [SeenProcess] { snapshot.daemons }

    /// What is checked of a home that lives: each is one law checked.
    var checks: [@Sendable () -> [Violation]] {
        [one, held, listed, files, handles, projects, outsiders, engines, crashes, bounds]
    }

    func violations() -> [Violation] {
        checks.flatMap { $0() }
    }

    private func violation(_ law: Violation.Law, _ daemon: String?, _ text: String) -> Violation {
        Violation(law, home: home, daemon: daemon, text)
    }

    // MARK: One by one

    /// Law 1: one process a daemon.
    func one() -> [Violation] {
        Dictionary(grouping: daemons, by: { $0.daemon ?? "" }).filter { $0.value.count > 1 }.map { daemon, processes in
            violation(.one, daemon, "\(processes.count) processes serve it: \(processes.map(\.description).joined(separator: "; "))")
        }
    }

    /// Law 2: it runs if and only if its lock is held, and the lock's line says by whom.
    func held() -> [Violation] {
        var found: [Violation] = []
        for process in daemons {
            let daemon = process.daemon ?? ""
            guard let lock = snapshot.locks.first(where: { $0.daemon == daemon }) else {
                found.append(violation(.heldIsAlive, daemon, "process \(process.pid) lives and has no lock file"))
                continue
            }
            if !lock.holders.contains(process.pid) {
                found.append(violation(.heldIsAlive, daemon, "process \(process.pid) lives and does not hold its lock"))
            }
            guard let line = lock.line else {
                found.append(violation(.heldIsAlive, daemon, "the lock of process \(process.pid) has no line"))
                continue
            }
            let isRight = line.pid == process.pid && line.startTicks == process.startTicks && line.nonce == process.nonce ?? line.nonce
            if !isRight { found.append(violation(.heldIsAlive, daemon, "the lock's line names \(line.pid), process \(process.pid) lives")) }
        }
        for lock in snapshot.locks where lock.isHeld && !daemons.contains(where: { $0.daemon == lock.daemon }) {
            found.append(
                violation(.heldIsAlive, lock.daemon, "its lock is held, and no process of it lives (held by \(lock.holders.sorted()))"))
        }
        return found
    }

    /// Law 6: `list` knows every living daemon, and none that does not live.
    func listed() -> [Violation] {
        guard let rows = snapshot.listed else { return [violation(.noOrphans, nil, "list failed")] }
        let running = rows.filter(\.state.isRunning)
        var found: [Violation] = []
        for process in daemons {
            guard let row = running.first(where: { $0.pid == process.pid && "\($0.kind)/\($0.instance)" == process.daemon }) else {
                found.append(violation(.noOrphans, process.daemon, "process \(process.pid) lives and list does not know it"))
                continue
            }
            // Nobody starts, drains or is suspended now.
            if !row.state.isServing {
                found.append(
                    violation(
                        .noOrphans, process.daemon, "process \(process.pid) is \(row.state) in the quiet: \(row.reason ?? "no reason")"))
            }
        }
        for row in running where !daemons.contains(where: { $0.pid == row.pid }) {
            found.append(violation(.noOrphans, "\(row.kind)/\(row.instance)", "list shows process \(row.pid ?? 0), which does not live"))
        }
        return found
    }

    /// Law 10, and the record's part of law 6: record and socket of a living daemon are there and are its own.
    func files() -> [Violation] {
        daemons.flatMap { process -> [Violation] in
            let daemon = process.daemon ?? ""
            var found: [Violation] = []
            if !snapshot.sockets.contains(daemon) {
                found.append(violation(.noOrphans, daemon, "process \(process.pid) lives without a socket"))
            }
            if process.role == .context, !snapshot.requestSockets.contains(daemon) {
                found.append(violation(.noOrphans, daemon, "process \(process.pid) lives without its socket for requests"))
            }
            guard let record = snapshot.records.first(where: { $0.daemon == daemon }) else {
                return found + [violation(.noOrphans, daemon, "process \(process.pid) lives without a record")]
            }
            guard let content = record.content else {
                return found + [violation(.nothingHalfWritten, daemon, "the record of process \(process.pid) cannot be read")]
            }
            let isRight =
                content.pid == process.pid && content.startTicks == process.startTicks && content.nonce == process.nonce ?? content.nonce
                && "\(content.kind)/\(content.instance)" == daemon
            return found + (isRight ? [] : [violation(.nothingHalfWritten, daemon, "its record names \(content.pid), not \(process.pid)")])
        }
    }

    /// Law 4: what handles say of living daemons is true.
    func handles() -> [Violation] {
        snapshot.handles.flatMap { handle -> [Violation] in
            guard let content = handle.content else {
                return isTidied
                    ? [violation(.nothingHalfWritten, handle.daemon, "\(handle.path) cannot be read, and was not set aside")] : []
            }
            // A handle of another nonce is history, or a forgery: nobody is found by it.
            guard !content.intent, let process = daemons.first(where: { $0.nonce == content.identity.nonce }),
                let pid = content.identity.pid,
                !content.isForged
            else { return [] }
            let isRight = pid == process.pid && content.identity.startTicks == process.startTicks
            return isRight ? [] : [violation(.onlyTheOwner, process.daemon, "\(handle.path) names \(pid), process \(process.pid) lives")]
        }
    }

    /// Law 10: what is kept of a project is whole, whenever its daemon was killed.
    func projects() -> [Violation] {
        snapshot.brokenManifests.map { violation(.nothingHalfWritten, "context/default", "\($0) cannot be read") }
    }

    /// Law 6: nothing of ours lives outside what `list` shows but what belongs to it.
    func outsiders() -> [Violation] {
        let nonces = Set(daemons.compactMap(\.nonce))
        return snapshot.processes.compactMap { process in
            switch process.role {
            case .queen, .hive, .worker, .context, .oddDaemon, .bystander: return nil
            case .keeper, .launcher, .unknown: return violation(.noOrphans, nil, "left over: \(process)")
            case .shepherd, .guard, .engine, .engineChild, .oddChild:
                guard let nonce = process.nonce, nonces.contains(nonce) else {
                    return violation(.noOrphans, nil, "it outlived its daemon: \(process)")
                }
                return nil
            }
        }
    }

    /// Law 6: an engine lives under its guard, and no worker has two.
    func engines() -> [Violation] {
        let guards = snapshot.processes.filter { $0.role == .guard }
        let doubled = Dictionary(grouping: guards, by: { $0.nonce ?? "" }).filter { $0.value.count > 1 }.map { _, guards in
            violation(.one, nil, "\(guards.count) guards for one worker: \(guards.map(\.description).joined(separator: "; "))")
        }
        let unguarded = snapshot.processes.filter { process in
            (process.role == .engine || process.role == .engineChild) && !guards.contains { $0.nonce == process.nonce }
        }
        return doubled + unguarded.map { violation(.noOrphans, nil, "it lives without a guard: \($0)") }
    }

    /// Nobody ends by a trap, whatever is done to files and processes.
    func crashes() -> [Violation] {
        let traps: Set<Int32> = [4, 5, 6, 7, 8, 11]
        let ends = snapshot.lastEnds.filter { _, end in end.signal.map { traps.contains($0) } ?? false }.map { daemon, end in
            violation(.bounded, daemon, "process \(end.pid) crashed with signal \(end.signal ?? 0): \(end.output.suffix(400))")
        }
        let outputs = snapshot.outputs.filter { $0.value.contains("Fatal error") }.map { daemon, text in
            violation(.bounded, daemon, "it printed: \(text.suffix(400))")
        }
        return ends + outputs
    }

    /// Law 12: corrupt files are kept, but not for ever.
    func bounds() -> [Violation] {
        snapshot.setAside.filter { $0.value > 20 }.map { path, count in
            violation(.bounded, nil, "\(count) corrupt files were kept of \(path)")
        }
    }

    // MARK: After the end

    /// What is left of a home that was shut down; it should be nothing.
    ///
    /// - Parameter now: seconds since 1970. An unfinished start may be a minute old before anybody takes it for abandoned.
    func leftovers(now: UInt64) -> [Violation] {
        var found = snapshot.processes.map { violation(.noOrphans, $0.daemon, "it outlived the shutdown: \($0)") }
        found += snapshot.locks.filter(\.isHeld).map { violation(.heldIsAlive, $0.daemon, "its lock is still held") }
        found += (snapshot.sockets + snapshot.requestSockets).map { violation(.onlyTheOwner, $0, "its socket was left") }
        found += snapshot.records.map { violation(.onlyTheOwner, $0.daemon, "its record was left") }
        found += snapshot.handles.compactMap { handle in
            guard let content = handle.content else {
                return violation(.nothingHalfWritten, handle.daemon, "\(handle.path) cannot be read")
            }
            guard content.intent, content.createdAt + 61 < now else { return nil }
            return violation(.onlyTheOwner, handle.daemon, "an unfinished start was left: \(handle.path)")
        }
        if let rows = snapshot.listed?.filter(\.state.isRunning), !rows.isEmpty {
            found.append(violation(.stopEnds, nil, "list still shows \(rows.map { "\($0.kind)/\($0.instance)" }.joined(separator: ", "))"))
        }
        return found
    }

    /// What `down` should not have left: whatever the keeper owns.
    func keepersOwn() -> [Violation] {
        guard let rows = snapshot.listed else { return [violation(.noOrphans, nil, "list failed")] }
        return rows.filter { $0.state.isRunning && $0.owned }.map {
            violation(.stopEnds, "\($0.kind)/\($0.instance)", "down left it, and the keeper owns it")
        }
    }
}

extension HandleFile {
    /// Whether the vandal wrote it: he dates his at the beginning of time.
    var isForged: Bool { createdAt == 1 }
}
