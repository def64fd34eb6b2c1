package import DaemonContract
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
    package var output: String { "\(id.instance).out" }
    package var lastEnd: String { "\(id.instance).last.json" }

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
        case free(lastEnd: LastEnd?, record: DaemonRecord?)
        /// The line is nil while the holder has not written it yet, or as long as what somebody wrote over it stands there.
        case held(line: LockLine?, record: DaemonRecord?, lastEnd: LastEnd?)

        /// How the last start failed, if the last daemon ended before it was ready.
        var failedStart: FailedStart? {
            let (end, record) =
                switch self {
                case .free(let end, let record): (end, record)
                case .held(_, let record, let end): (end, record)
                }
            guard let end, record?.nonce != end.nonce || record?.state == .starting else { return nil }
            // Status 0 is an end on purpose, which takes the record along.
            guard let how = end.processEnd, how != .exited(0) else { return nil }
            return FailedStart(nonce: end.nonce, end: how, output: end.output)
        }
    }

    package func look() throws(LifecycleError) -> Look {
        do {
            // The lock first: what is written before it is released is there once it is seen free.
            guard try FileLock.probe(in: directory, name: lock) == .held else {
                return .free(lastEnd: readJSON(lastEnd), record: readJSON(record))
            }
            let line = try readLine()
            let record: DaemonRecord? = readJSON(record)
            return .held(line: line, record: record?.nonce == line?.nonce.text ? record : nil, lastEnd: readJSON(lastEnd))
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

    /// Removes what a daemon that is gone has left: its socket, its record and how it ended. Only while holding the lock, so that it is nobody's.
    ///
    /// - Parameter keepsEnd: leaves how it ended for those who waited for its start.
    /// - Returns: false when somebody holds the lock: then the files are theirs.
    @discardableResult
    package func sweep(keepsEnd: Bool = false) throws(LifecycleError) -> Bool {
        do {
            guard let lock = try FileLock.acquire(in: directory, name: lock) else { return false }
            defer { lock.release() }
            if let found = try directory.stat(socket), found.kind == .socket { _ = try directory.unlink(socket, ifIdentity: found) }
            // What is no file of a daemon's stays, under a name where it is in nobody's way.
            if try directory.stat(record)?.kind == .directory { _ = try directory.quarantine(record) }
            _ = try directory.remove(record)
            // How the last one ended is of no interest any more either: a failed start would be shown for ever.
            if !keepsEnd { _ = try directory.remove(lastEnd) }
            return true
        } catch {
            throw LifecycleError(system: error, daemon: id)
        }
    }

    /// The last of what the daemon printed on its standard streams.
    package func lastOutput(limit: Int = 4096) -> String {
        guard let bytes = try? directory.read(output, limit: 2 << 20) else { return "" }
        return String(decoding: bytes.suffix(limit), as: UTF8.self)
    }

    /// A JSON file's content; nil when it is absent or cannot be read as what it should be: it is history, `doctor` names it.
    private func readJSON<Value: Decodable>(_ name: String) -> Value? {
        guard let bytes = try? directory.read(name) else { return nil }
        return try? ContractJSON.decode(Value.self, from: bytes)
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
