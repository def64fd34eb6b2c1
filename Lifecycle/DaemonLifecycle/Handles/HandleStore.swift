package import DaemonContract
internal import FoundationEssentials
package import Platform

/// The handles in `run/handles`: who started what. Written as an intent before the launch and completed after it, so that a starter that
/// dies in between leaves a trace that the next command can resolve.
package struct HandleStore: Sendable {
    /// Something that was found and dealt with, worth a line to whoever looks.
    package struct Notice: Sendable, Hashable {
        package let path: String
        package let text: String
    }

    private let home: RbeeHome

    package init(home: RbeeHome) {
        self.home = home
    }

    /// Records that `owner` is about to start a daemon with this nonce.
    package func writeIntent(_ id: DaemonID, owner: String, nonce: Nonce, now: UInt64) throws(LifecycleError) {
        try write(
            HandleFile(
                identity: .init(nonce: nonce.text), kind: id.kind, instance: id.instance, owner: owner, intent: true, createdAt: now))
    }

    /// Records the daemon that was started.
    package func complete(_ handle: DaemonHandle, id: DaemonID, owner: String, nonce: String, now: UInt64) throws(LifecycleError) {
        let process = handle.pid.flatMap { try? ProcessIdentity.of(pid: Int32(clamping: $0)) }
        let executable = process?.executable.map { HandleFile.Executable(device: $0.device, inode: $0.inode) }
        try write(
            HandleFile(
                handle: handle,
                identity: .init(
                    nonce: nonce, pid: process?.pid, startTicks: process?.startTicks, bootID: process?.bootID,
                    pidNamespace: process?.pidNamespace, executable: executable),
                kind: id.kind, instance: id.instance, owner: owner, intent: false, createdAt: now))
    }

    /// Forgets the handle of an owner.
    ///
    /// - Parameter nonce: only if it is about this daemon; nil: whatever it says.
    package func remove(_ id: DaemonID, owner: String, ifNonce nonce: String? = nil) throws(LifecycleError) {
        guard let directory = try directory(create: false) else { return }
        let name = try Self.name(id, owner: owner)
        do {
            guard let found = try directory.stat(name) else { return }
            if let nonce, read(name, in: directory).file?.identity.nonce != nonce { return }
            // Read after it was looked at: one that has been replaced since is another's.
            _ = try directory.unlink(name, ifIdentity: found)
        } catch {
            throw LifecycleError(system: error, daemon: id)
        }
    }

    /// Forgets what every owner recorded of a daemon that is gone.
    ///
    /// - Parameter nonce: the daemon that is gone; nil: none runs, and whatever is recorded, unfinished starts apart, is history.
    package func removeAll(of id: DaemonID, ifNonce nonce: String?) throws(LifecycleError) {
        guard let directory = try directory(create: false) else { return }
        // Only this daemon's: there may be many of others.
        for name in try names(in: directory) where name.hasPrefix("\(id.kind.rawValue)-\(id.instance).") {
            do {
                guard let found = try directory.stat(name), let file = read(name, in: directory).file, file.kind == id.kind,
                    file.instance == id.instance, nonce.map({ $0 == file.identity.nonce }) ?? !file.intent
                else { continue }
                _ = try directory.unlink(name, ifIdentity: found)
            } catch {
                throw LifecycleError(system: error, daemon: id)
            }
        }
    }

    /// In whose name a daemon was started that has not written its own record yet; nil when nobody recorded that.
    func owner(of id: DaemonID, nonce: String) -> String? {
        guard let directory = try? directory(create: false), let names = try? names(in: directory) else { return nil }
        for name in names where name.hasPrefix("\(id.kind.rawValue)-\(id.instance).") {
            if let file = read(name, in: directory).file, file.identity.nonce == nonce { return file.owner }
        }
        return nil
    }

    /// Every handle there is. Corrupt ones are set aside and named.
    package func all() throws(LifecycleError) -> (handles: [HandleFile], notices: [Notice]) {
        guard let directory = try directory(create: false) else { return ([], []) }
        var handles: [HandleFile] = []
        var notices: [Notice] = []
        for name in try names(in: directory) {
            let (file, problem) = read(name, in: directory)
            if let file { handles.append(file) }
            if let problem { notices.append(setAside(name, problem, in: directory)) }
        }
        return (handles, notices)
    }

    /// Resolves what starters that died have left: an intent whose daemon never came is removed, one whose daemon lives is completed.
    package func resolve() throws(LifecycleError) -> [Notice] {
        var (handles, notices) = try all()
        handles.removeAll { !$0.intent }
        for intent in handles {
            guard let id = try? DaemonID(kind: intent.kind, instance: intent.instance) else { continue }
            guard let files = try DaemonFiles.open(id, home: home, create: false) else { continue }
            let what = "\(id) by \(intent.owner)"
            switch try files.look() {
            case .held(nil, _, _):
                continue
            case .held(let line?, let record, _) where line.nonce.text == intent.identity.nonce:
                // Its starter may still be waiting for it: only one that is ready is completed here.
                guard let record, record.state.isServing, let url = record.baseURL ?? record.socket.nonEmpty else { continue }
                let handle = DaemonHandle.startedByUs(daemonName: id.kind.binaryName, baseURL: url, pid: UInt32(clamping: line.pid))
                try complete(handle, id: id, owner: intent.owner, nonce: line.nonce.text, now: intent.createdAt)
                notices.append(
                    Notice(
                        path: files.path(files.record), text: "the unfinished start of \(what) is complete: it runs as process \(line.pid)")
                )
            case .held, .free:
                // A launch takes milliseconds from the intent to the lock: a younger intent may belong to a launch that is under way.
                guard intent.createdAt + Self.launchAllowance < Self.now() else { continue }
                try remove(id, owner: intent.owner, ifNonce: intent.identity.nonce)
                notices.append(Notice(path: home.run, text: "the unfinished start of \(what) came to nothing: its intent was removed"))
            }
        }
        return notices
    }

    /// How old an intent is before it counts as abandoned, in seconds.
    private static let launchAllowance: UInt64 = 60

    /// Seconds since 1970, for the times in files.
    package static func now() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }

    private func write(_ file: HandleFile) throws(LifecycleError) {
        guard let directory = try directory(create: true) else { return }
        do {
            let id = try DaemonID(kind: file.kind, instance: file.instance)
            try directory.writeAtomically(Self.name(id, owner: file.owner), ContractJSON.encodePretty(file))
        } catch let error as SystemError {
            throw LifecycleError(system: error, daemon: nil)
        } catch {
            throw LifecycleError(.invalidArgument, "the handle of \(file.kind)/\(file.instance) cannot be written: \(error)")
        }
    }

    private func directory(create: Bool) throws(LifecycleError) -> RunDirectory? {
        do {
            guard let run = try RunDirectory.open(home.run, create: create) else { return nil }
            return try run.subdirectory("handles", create: create)
        } catch {
            throw LifecycleError(system: error, daemon: nil)
        }
    }

    private func names(in directory: RunDirectory) throws(LifecycleError) -> [String] {
        do {
            return try directory.list().filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
        } catch {
            throw LifecycleError(system: error, daemon: nil)
        }
    }

    private func read(_ name: String, in directory: RunDirectory) -> (file: HandleFile?, problem: String?) {
        do {
            guard let bytes = try directory.read(name) else { return (nil, nil) }
            return (try ContractJSON.decode(HandleFile.self, from: bytes), nil)
        } catch {
            return (nil, "\(error)")
        }
    }

    private func setAside(_ name: String, _ problem: String, in directory: RunDirectory) -> Notice {
        let path = "\(directory.path)/\(name)"
        guard let aside = try? directory.quarantine(name) else {
            return Notice(path: path, text: "the handle \(path) is corrupt (\(problem)) and could not be set aside")
        }
        return Notice(path: path, text: "the handle \(path) is corrupt (\(problem)); it was set aside as \(aside)")
    }

    private static func name(_ id: DaemonID, owner: String) throws(LifecycleError) -> String {
        do {
            return "\(id.kind.rawValue)-\(id.instance).\(try OwnerName.fileComponent(owner)).json"
        } catch {
            throw LifecycleError(.invalidArgument, error.message, daemon: id.description)
        }
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
