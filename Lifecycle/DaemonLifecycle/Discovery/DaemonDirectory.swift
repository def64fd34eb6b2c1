public import DaemonContract
package import EventLoop
package import Platform

/// Every daemon of a run directory, as it is: found by their locks, confirmed by their answers. Looking creates nothing and starts nothing.
public struct DaemonDirectory: Sendable {
    private let home: RbeeHome
    private let loop: EventLoop
    /// How long a daemon may take to answer before it counts as silent.
    private let patience: Duration

    /// - Parameters:
    ///   - home: the folder that `RBEE_HOME` would name; nil follows the environment.
    ///   - patience: how long a daemon may take to answer before it counts as silent.
    public init(home: String? = nil, patience: Duration = .seconds(1)) throws(LifecycleError) {
        self.init(home: try LifecycleContext.home(home), loop: try LifecycleContext.commonLoop(), patience: patience)
    }

    package init(home: RbeeHome, loop: EventLoop, patience: Duration = .seconds(1)) {
        self.home = home
        self.loop = loop
        self.patience = patience
    }

    /// All that run, and those whose last end was a failure, by kind and instance.
    ///
    /// - Parameter owner: whose daemons count as `owned`.
    public func list(owner: String = OwnerName.keeper) async throws(LifecycleError) -> [DaemonStatusRow] {
        let ids = try known()
        return await withTaskGroup(of: DaemonStatusRow.self) { group in
            for id in ids {
                group.addTask {
                    do throws(LifecycleError) {
                        return try await status(of: id, owner: owner)
                    } catch {
                        // One that cannot be looked at is named, so that nobody takes it for absent.
                        return .ended(id, .failed, error.message, owner: owner, nil)
                    }
                }
            }
            var rows: [DaemonStatusRow] = []
            for await row in group where row.state != .stopped { rows.append(row) }
            return rows.sorted { ($0.kind.order, $0.instance) < ($1.kind.order, $1.instance) }
        }
    }

    /// One daemon, as it is.
    public func status(of id: DaemonID, owner: String = OwnerName.keeper) async throws(LifecycleError) -> DaemonStatusRow {
        guard let files = try DaemonFiles.open(id, home: home, create: false) else { return .stopped(id) }
        let look = try files.look()
        switch look {
        case .free(_, let record, _):
            if let failed = look.failedStart { return .ended(id, .failed, "the last start \(failed.end)", owner: owner, record) }
            // Of a program that somebody has stopped it is recorded that it is to stay so.
            guard let record, record.state != .stopped else { return .stopped(id) }
            return .ended(id, .stale, "it ended without saying so", owner: owner, record)
        case .held(let line, let record, _):
            let holder = record?.owner ?? line.flatMap { HandleStore(home: home).owner(of: id, nonce: $0.nonce.text) }
            var row = DaemonStatusRow(
                kind: id.kind, instance: id.instance, state: record?.state ?? .starting, pid: line?.pid, baseURL: record?.baseURL,
                version: record?.version.nonEmpty, uptimeSecs: record.map { HandleStore.now() &- min($0.startedAt, HandleStore.now()) },
                owned: holder == owner, owner: holder)
            let isAsked = id.kind != .process
            guard isAsked, let answer = try? await ControlClient(files, loop: loop).inquire(within: patience),
                answer.info.nonce == line?.nonce.text
            else {
                if let line, (try? line.process.liveness()) == .dead {
                    row.state = .stale
                    row.reason = "its process is gone, and something it started holds its lock"
                } else if line == nil {
                    row.reason = "its lock is held by a process that has not said who it is"
                } else if !isAsked {
                    // Nobody can ask a plain program: it is what its record says.
                } else if let obstacle = files.obstacle {
                    row.state = .silent
                    row.reason = "\(obstacle) stands in the place of its control socket: remove \(files.path(files.socket))"
                } else if row.state.isServing {
                    row.state = .silent
                    row.reason = "it holds its lock and does not answer: busy, stopped by a signal, or hung"
                }
                return row
            }
            row.state = answer.info.state ?? (answer.health.isOperational ? .ready : .starting)
            row.reason = answer.health.reason
            row.baseURL = answer.info.address.nonEmpty
            // Its own word counts where its record was lost.
            row.owner = answer.info.owner ?? row.owner
            row.owned = row.owner == owner
            return row
        }
    }

    /// The nonces of the daemons that run, as the lines in their locks say.
    ///
    /// - Parameter id: whose lock does not count.
    func livingNonces(except id: DaemonID? = nil) -> Set<String> {
        var nonces: Set<String> = []
        for other in (try? known()) ?? [] where other != id {
            guard let files = try? DaemonFiles.open(other, home: home, create: false),
                (try? FileLock.probe(in: files.directory, name: files.lock)) == .held,
                let line = try? LockLine.read(in: files.directory, name: files.lock), (try? line.process.liveness()) != .dead
            else { continue }
            nonces.insert(line.nonce.text)
        }
        return nonces
    }

    /// Which daemons have ever had a lock here.
    package func known() throws(LifecycleError) -> [DaemonID] {
        try daemons { name in name.hasSuffix(".lock") ? String(name.dropLast(".lock".count)) : nil }
    }

    /// Which daemons have left anything here.
    package func traces() throws(LifecycleError) -> [DaemonID] {
        try daemons(DaemonFiles.instance)
    }

    /// The daemons whose files are here, each once.
    private func daemons(_ instance: (String) -> String?) throws(LifecycleError) -> [DaemonID] {
        do {
            guard let run = try RunDirectory.open(home.run, create: false) else { return [] }
            var ids: [DaemonID] = []
            for kind in DaemonKind.locked {
                guard let directory = try run.subdirectory(kind.rawValue, create: false) else { continue }
                let instances = Set(try directory.list().compactMap(instance))
                ids += instances.sorted().compactMap { try? DaemonID(kind: kind, instance: $0) }
            }
            return ids
        } catch {
            throw LifecycleError(system: error, daemon: nil)
        }
    }
}

extension DaemonStatusRow {
    fileprivate static func stopped(_ id: DaemonID) -> DaemonStatusRow {
        DaemonStatusRow(kind: id.kind, instance: id.instance, state: .stopped, owned: false)
    }

    fileprivate static func ended(_ id: DaemonID, _ state: DaemonState, _ reason: String, owner: String, _ record: DaemonRecord?)
        -> DaemonStatusRow
    {
        DaemonStatusRow(
            kind: id.kind, instance: id.instance, state: state, version: record?.version.nonEmpty, owned: record?.owner == owner,
            owner: record?.owner,
            reason: reason)
    }
}

extension DaemonKind {
    /// Owners before what they own.
    fileprivate var order: Int { DaemonKind.locked.firstIndex(of: self) ?? DaemonKind.locked.count }
}
