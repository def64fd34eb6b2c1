package import DaemonContract
internal import EventLoop
internal import FoundationEssentials
internal import Glibc
package import Platform

/// The files of one daemon in a run directory, and what they say. Looking creates nothing and takes no lock.
package struct DaemonFiles: Sendable {
    package let id: DaemonID
    package let home: RbeeHome
    /// `run/<kind>`.
    package let directory: RunDirectory

    package var lock: String { "\(id.instance).lock" }
    package var record: String { "\(id.instance).json" }
    package var socket: String { "\(id.instance).sock" }
    /// Every socket that a daemon may have: what a killed one leaves of them nobody else removes.
    package var sockets: [String] { [socket, "\(id.instance).grpc.sock", "\(id.instance).ipc.sock"] }
    package var output: String { "\(id.instance).out" }
    package var lastEnd: String { "\(id.instance).last.json" }

    /// The instance whose file this is, if it is one of the files a daemon has.
    package static func instance(of file: String) -> String? {
        for ending in [".last.json", ".grpc.sock", ".ipc.sock", ".lock", ".json", ".sock", ".out"] where file.hasSuffix(ending) {
            return String(file.dropLast(ending.count))
        }
        return nil
    }

    /// What stands in the place of the control socket and is none, as people call it; nil when a socket or nothing is there. Nobody reaches a
    /// daemon then, however well it is.
    package var obstacle: String? {
        guard let found = try? directory.stat(socket), found.kind != .socket else { return nil }
        switch found.kind {
        case .regular: return "a file"
        case .directory: return "a folder"
        case .symbolicLink: return "a symbolic link"
        case .socket, .other: return "something"
        }
    }

    /// How little the disk that holds the run directory can still take, for people; nil while there is enough for a daemon to start.
    var shortage: String? {
        var about = statvfs()
        guard statvfs(directory.path, &about) == 0 else { return nil }
        let bytes = UInt64(about.f_bavail) * UInt64(about.f_frsize)
        let hasFiles = about.f_files == 0 || about.f_favail > 4
        guard bytes < 64 << 10 || !hasFiles else { return nil }
        let left = hasFiles ? "\(bytes >> 10) KiB" : "\(about.f_favail) files"
        return "\(SystemError.text(of: ENOSPC)): \(left) left where \(directory.path) is"
    }

    /// Whether record, sockets or note of an end are there.
    var hasTraces: Bool {
        ([record, lastEnd] + sockets).contains { ((try? directory.stat($0)) ?? nil) != nil }
    }

    /// - Returns: nil when the directory is absent and `create` is false: then there is no such daemon.
    package static func open(_ id: DaemonID, home: RbeeHome, create: Bool) throws(LifecycleError) -> DaemonFiles? {
        do {
            guard let run = try RunDirectory.open(home.run, create: create),
                let directory = try run.subdirectory(id.kind.rawValue, create: create)
            else { return nil }
            return DaemonFiles(id: id, home: home, directory: directory)
        } catch {
            throw LifecycleError(system: error, daemon: id)
        }
    }

    /// The absolute path of one of the files, for programs and for people.
    package func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    /// What the lock and the files beside it show.
    package enum Look: Sendable {
        case free(lastEnd: LastEnd?, record: DaemonRecord?, signature: Signature)
        /// The line is nil while the holder has not written it yet, or as long as what somebody wrote over it stands there.
        /// The end is the one that was written down before the lock was asked.
        case held(line: LockLine?, record: DaemonRecord?, lastEnd: LastEnd?)

        /// How the last daemon ended of which that was written down.
        var lastEnd: LastEnd? {
            switch self {
            case .free(let end, _, _), .held(_, _, let end): end
            }
        }

        /// Who had signed the lock, where it is free.
        var signature: Signature? {
            if case .free(_, _, let signature) = self { signature } else { nil }
        }

        /// How the last daemon ended, unless it is known to have been ready.
        var unreadyEnd: FailedStart? {
            let record: DaemonRecord?
            switch self {
            case .free(let end, let found, let signature):
                // Somebody has held the lock since: history.
                if case .nonce(let nonce) = signature, nonce != end?.nonce { return nil }
                record = found
            case .held(_, let found, _):
                record = found
            }
            guard let end = lastEnd, let how = end.processEnd else { return nil }
            let state = record.flatMap { $0.nonce == end.nonce ? $0.state : nil }
            if state?.isServing == true || end.served == true { return nil }
            // Status 0 is an end on purpose, which takes the record along. A daemon may be drained before it is ready, or after.
            return FailedStart(
                nonce: end.nonce, end: how, output: end.output, isCertain: how != .exited(0) && (state == nil || state == .starting))
        }

        /// How the last start failed, if the last daemon is known to have ended before it was ready.
        var failedStart: FailedStart? { unreadyEnd.flatMap { $0.isCertain ? $0 : nil } }
    }

    /// Who has held a free lock last, as the file says.
    package enum Signature: Sendable, Hashable {
        /// Nobody has signed it.
        case none
        case nonce(String)
        /// Something stands there that no holder wrote.
        case foreign
    }

    package func look() throws(LifecycleError) -> Look {
        do {
            // Before the lock: who sees it held waits, and what is written down from now on is news to him. Who sees it free launches, and
            // loses to whoever has signed it from now on.
            let known: LastEnd? = readJSON(lastEnd)
            let signature = signature()
            // The lock before the rest: what is written before it is released is there once it is seen free.
            guard try FileLock.probe(in: directory, name: lock) == .held else {
                return .free(lastEnd: readJSON(lastEnd), record: readJSON(record), signature: signature)
            }
            let line = try readLine()
            let record: DaemonRecord? = readJSON(record)
            return .held(line: line, record: record?.nonce == line?.nonce.text ? record : nil, lastEnd: known)
        } catch {
            throw LifecycleError(system: error, daemon: id)
        }
    }

    /// The holder's line. One that was written over counts as none yet: the holder looks after it once a second.
    private func readLine() throws(SystemError) -> LockLine? {
        do throws(SystemError) {
            return try LockLine.read(in: directory, name: lock)
        } catch {
            guard error.code == .corrupt else { throw error }
            return nil
        }
    }

    /// Who has the lock in its hands, for people: what its line does not say.
    package func holders() async -> (who: String, next: String?) {
        let found = try? await onBlockingThread { FileLock.describeHolders(in: directory, name: lock) }
        return found ?? ("a process that cannot be seen from here", nil)
    }

    private func signature() -> Signature {
        guard let bytes = try? directory.read(lock, limit: LockLine.limit), !bytes.isEmpty else { return .none }
        guard let line = LockLine(String(decoding: bytes, as: UTF8.self)) else { return .foreign }
        return .nonce(line.nonce.text)
    }

    /// Removes what a daemon that is gone has left: its sockets, its record and how it ended. Only while holding the lock, so that it is nobody's.
    ///
    /// - Parameters:
    ///   - keepsEnd: leaves how it ended for those who waited for its start.
    ///   - nonce: the one run of the daemon that is meant: how another one ended is left, too; nil: whichever.
    ///   - more: what else is to be done while nobody can start.
    /// - Returns: false when somebody holds the lock: then the files are theirs.
    @discardableResult
    package func sweep(
        keepsEnd: Bool = false, of nonce: String? = nil, _ more: () throws(LifecycleError) -> Void = {}
    ) throws(LifecycleError) -> Bool {
        do {
            guard let lock = try FileLock.acquire(in: directory, name: lock) else { return false }
            defer { lock.giveUp() }
            for name in sockets {
                // One that somebody serves is no dead one's: whoever it is may be asked to leave, not have it taken away.
                guard let found = try directory.stat(name), found.kind == .socket, !directory.isServed(name) else { continue }
                _ = try directory.unlink(name, ifIdentity: found)
            }
            // What is no file of a daemon's stays, under a name where it is in nobody's way.
            if try directory.stat(record)?.kind == .directory { _ = try directory.quarantine(record) }
            let end: LastEnd? = readJSON(lastEnd)
            let served = (readJSON(record) as DaemonRecord?).map { $0.nonce == end?.nonce && $0.state.isServing } ?? false
            _ = try directory.remove(record)
            // How the last one ended is of no interest any more either: a failed start would be shown for ever. Without the record that says
            // that it was ready, the end of one that was would be taken for a failed start.
            let isMeant = nonce == nil || end?.nonce == nonce
            if isMeant, !keepsEnd || served { _ = try directory.remove(lastEnd) }
            try more()
            return true
        } catch let error as LifecycleError {
            throw error
        } catch let error as SystemError {
            throw LifecycleError(system: error, daemon: id)
        } catch {
            throw LifecycleError(.inconsistent, "\(error)", daemon: id.description)
        }
    }

    /// The last of what the daemon printed on its standard streams.
    package func lastOutput(limit: Int = 4096) -> String {
        String(decoding: (try? directory.readEnd(output, limit: limit)) ?? [], as: UTF8.self)
    }

    /// A JSON file's content; nil when it is absent or cannot be read as what it should be: it is history, `doctor` names it.
    private func readJSON<Value: Decodable>(_ name: String) -> Value? {
        guard let bytes = try? directory.read(name) else { return nil }
        return try? ContractJSON.decode(Value.self, from: bytes)
    }
}

extension DaemonRecord {
    /// The process that wrote it.
    var process: ProcessIdentity {
        ProcessIdentity(pid: pid, startTicks: startTicks, bootID: bootID, pidNamespace: pidNamespace)
    }
}

extension LastEnd {
    var processEnd: ProcessEnd? {
        if let signal { return .signalled(signal) }
        return exit.map { .exited($0) }
    }
}

extension LifecycleError {
    /// A failed system call, with the daemon it was for.
    init(system error: SystemError, daemon: DaemonID?) {
        self.init(.fileSystem, error.message, daemon: daemon?.description, path: error.path, underlying: error)
    }
}
