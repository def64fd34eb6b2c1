package import DaemonContract
internal import Glibc
package import Platform
internal import Synchronization

/// What stands for a daemon in its run directory while it lives: lock, record, sockets. It looks after them, and removes only its own.
package final class Presence: Sendable {
    /// What a look at lock and sockets came to.
    package enum Finding: Hashable, Sendable {
        /// All is in place.
        case intact
        /// Something was missing and was made again.
        case restored
        /// Another process holds what stands in our place.
        case displaced
        /// The folder that holds the run directory is gone: nobody can find us any more.
        case homeless
    }

    private struct Socket {
        var identity: FileIdentity
        /// Called with a socket that listens, now and whenever it had to be made again.
        let accept: @Sendable (Descriptor) -> Void
    }

    private struct State {
        var directory: RunDirectory
        var lock: FileLock
        var record: DaemonRecord
        /// The file of the record as it was written last.
        var recordFile: FileIdentity?
        var sockets: [String: Socket] = [:]
        var isLeaving = false
        var isDisplaced = false
    }

    package let id: DaemonID
    private let line: LockLine
    /// The same as it stands in the lock file, to compare with.
    private let lineBytes: [UInt8]
    private let runPath: String
    private let state: Mutex<State>

    init(_ claim: Claim, id: DaemonID, runPath: String, record: DaemonRecord) {
        self.id = id
        self.runPath = runPath
        line = LockLine(claim.process, nonce: claim.nonce)
        lineBytes = Array(line.text.utf8)
        state = Mutex(State(directory: claim.directory, lock: claim.lock, record: record))
    }

    /// `run/<kind>`, as it is open now.
    package var directory: RunDirectory {
        state.withLock { $0.directory }
    }

    /// The record as it was written last.
    package var record: DaemonRecord {
        state.withLock { $0.record }
    }

    /// Changes the record and writes it; only the former once another process stands in our place.
    package func updateRecord(_ change: (inout DaemonRecord) -> Void) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            change(&state.record)
            guard !state.isDisplaced else { return }
            try inPlace(&state) { state throws(SystemError) in try Self.writeRecord(&state) }
        }
    }

    /// Makes a socket `<instance>.<suffix>` that is looked after from now on.
    ///
    /// What a dead holder left under that name is replaced if it is a socket, since we hold the lock. One that a living stranger serves is not.
    ///
    /// - Parameter accept: called with the listening descriptor, now and whenever it had to be made again.
    /// - Throws: when something other than a socket has the name, or somebody else's.
    package func listen(_ suffix: String, accept: @escaping @Sendable (Descriptor) -> Void) throws(SystemError) {
        let name = "\(id.instance).\(suffix)"
        let descriptor = try state.withLock { state throws(SystemError) in
            let (descriptor, identity) = try inPlace(&state) { state throws(SystemError) in try Self.bind(name, in: state.directory) }
            state.sockets[name] = Socket(identity: identity, accept: accept)
            return descriptor
        }
        accept(descriptor)
    }

    /// Removes our own sockets. From now on nothing is made again.
    package func removeSockets() {
        state.withLock { state in
            state.isLeaving = true
            for (name, socket) in state.sockets {
                // Another's socket under our name stays: it is compared by device and inode.
                _ = try? state.directory.unlink(name, ifIdentity: socket.identity)
            }
            state.sockets.removeAll()
        }
    }

    /// What is left behind by a daemon that decides itself to end. After a good end, with code 0, that is no record, so that a record without a holder
    /// tells of a crash.
    ///
    /// - Parameter served: whether it was ever ready. Then it says how it ends where nobody else would: without its record a good end looks like a
    ///   start that came to nothing, since its shepherd knows no more than the code; and without a shepherd a bad one looks like a stop.
    package func takeLeave(code: Int32, served: Bool) {
        state.withLock { state in
            // Another's record under our name stays: whoever replaced our lock may have written it before we noticed.
            guard !state.isDisplaced, let ours = state.recordFile else { return }
            if served, (code == 0) == Self.hasShepherd { try? Self.writeEnd(state, code) }
            guard code == 0 else { return }
            _ = try? state.directory.unlink(PresenceFile.record(state.record.instance), ifIdentity: ours)
        }
    }

    /// Leaves everything as it is: it is another's now.
    package func abandon() {
        state.withLock { state in
            state.isLeaving = true
            state.isDisplaced = true
            state.sockets.removeAll()
        }
    }

    /// Compares lock, record and sockets with our own, and makes again what is missing or was written over.
    ///
    /// - Throws: when it cannot be made again; the next look tries once more.
    package func look() throws(SystemError) -> Finding {
        var remade: [(accept: @Sendable (Descriptor) -> Void, descriptor: Descriptor)] = []
        defer { for socket in remade { socket.accept(socket.descriptor) } }
        return try state.withLock { state throws(SystemError) in
            guard !state.isLeaving else { return .intact }
            var finding = Finding.intact
            if try !isInPlace(state) {
                finding = try restoreLock(&state)
                guard finding == .restored else { return finding }
            }
            // Without its line nobody could tell who holds the lock, and so nobody could use or stop us.
            if try !state.lock.says(lineBytes) {
                try state.lock.writeLine(line)
                finding = .restored
            }
            if try restoreRecord(&state) { finding = .restored }
            for (name, socket) in state.sockets {
                let found = try state.directory.stat(name)
                if let found, found.isSameFile(as: socket.identity) { continue }
                if found != nil, state.directory.isServed(name) { return .displaced }
                let (descriptor, identity) = try Self.bind(name, in: state.directory)
                state.sockets[name]?.identity = identity
                remade.append((socket.accept, descriptor))
                finding = .restored
            }
            return finding
        }
    }

    /// Does something in our folder. Where that was removed meanwhile, it is done in the one that stands in its place, if the lock there is ours as
    /// well: what a start needs cannot wait for the next look.
    private func inPlace<Value>(
        _ state: inout State, _ body: (inout State) throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        do throws(SystemError) {
            return try body(&state)
        } catch {
            guard error.number == ENOENT, !state.isLeaving, try !isInPlace(state), try restoreLock(&state) == .restored else { throw error }
            return try body(&state)
        }
    }

    /// Whether the lock's path still leads to our lock: neither it nor the directory was removed, moved or replaced.
    private func isInPlace(_ state: State) throws(SystemError) -> Bool {
        guard try state.lock.isStillLinked() else { return false }
        return try state.directory.isInPlace()
    }

    /// Writes the record again unless it is there as it was written. What was put in its place is set aside: it says something else of us.
    ///
    /// - Returns: whether it had to.
    private func restoreRecord(_ state: inout State) throws(SystemError) -> Bool {
        guard let ours = state.recordFile else { return false }
        let name = PresenceFile.record(id.instance)
        let found = try state.directory.stat(name)
        if found == ours { return false }
        if found != nil { _ = try state.directory.quarantine(name) }
        try Self.writeRecord(&state)
        return true
    }

    private func restoreLock(_ state: inout State) throws(SystemError) -> Finding {
        guard let directory = try reopen() else { return .homeless }
        let name = PresenceFile.lock(id.instance)
        // What can be no lock stands in everybody's way.
        if let found = try directory.stat(name), found.kind != .regular { _ = try directory.quarantine(name) }
        guard let lock = try FileLock.acquire(in: directory, name: name) else { return .displaced }
        try lock.writeLine(line)
        state.directory = directory
        state.lock = lock
        try Self.writeRecord(&state)
        return .restored
    }

    /// The run directory of our kind by its path, made again if need be: it may have been removed with all that was in it.
    private func reopen() throws(SystemError) -> RunDirectory? {
        let parent = runPath.lastIndex(of: "/").map { String(runPath[..<$0]) } ?? ""
        guard try FileIdentity.of(path: parent.isEmpty ? "/" : parent) != nil else { return nil }
        return try RunDirectory.make(runPath).makeSubdirectory(id.kind.rawValue)
    }

    private static func bind(_ name: String, in directory: RunDirectory) throws(SystemError) -> (Descriptor, FileIdentity) {
        if let found = try directory.stat(name), found.kind != .socket {
            let path = "\(directory.path)/\(name)"
            throw SystemError(.invalidValue, "\(path) is in the way: a socket belongs there; remove it", path: path)
        }
        if let stranger = stranger(serving: name, in: directory) {
            let path = "\(directory.path)/\(name)"
            throw SystemError(
                .invalidValue,
                "\(path) is served by process \(stranger.pid) (\(stranger.name)), which is none of ours: end it, then try again",
                path: path)
        }
        let (descriptor, identity) = try directory.bindSocket(name, replacing: true)
        return (descriptor, identity)
    }

    /// The process that listens on a socket and runs another program than we do. One of ours is on its way out: it has lost the lock to us.
    private static func stranger(serving name: String, in directory: RunDirectory) -> ProcessStat? {
        guard let connection = try? directory.connectSocket(name), let peer = try? PeerCredentials.unix(connection.rawValue),
            let server = ProcessStat.of(pid: peer.pid), server.name != ProcessStat.of(pid: getpid())?.name
        else { return nil }
        return server
    }

    /// Whether somebody waits to write down how this process ends.
    private static var hasShepherd: Bool { ProcessStat.of(pid: getppid())?.name == "rbee-shepherd" }

    private static func writeEnd(_ state: State, _ code: Int32) throws {
        let (record, now) = (state.record, UInt64(max(0, time(nil))))
        let end = LastEnd(nonce: record.nonce, pid: record.pid, exit: code, output: "", endedAt: now, served: true)
        try state.directory.writeAtomically(PresenceFile.lastEnd(record.instance), ContractJSON.encode(end))
    }

    private static func writeRecord(_ state: inout State) throws(SystemError) {
        let bytes: [UInt8]
        do {
            bytes = try ContractJSON.encodePretty(state.record)
        } catch {
            throw SystemError(.invalidValue, "the record \(error.message)")
        }
        let name = PresenceFile.record(state.record.instance)
        try state.directory.writeAtomically(name, bytes)
        state.recordFile = try state.directory.stat(name)
    }
}
