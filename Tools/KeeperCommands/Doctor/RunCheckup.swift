internal import DaemonContract
internal import DaemonLifecycle
internal import Platform

/// Looks at what stands in the run directory: locks against records, sockets of the dead, files that cannot be read.
///
/// Reads only; with `fixes` it removes what dead daemons left, holding their lock meanwhile.
struct RunCheckup {
    let home: RbeeHome
    let fixes: Bool

    func findings() -> [Finding] {
        guard let run = try? RunDirectory.open(home.run, create: false) else { return [] }
        return DaemonKind.locked.flatMap { daemons(of: $0, in: run) } + handles(in: run)
    }

    private func daemons(of kind: DaemonKind, in run: RunDirectory) -> [Finding] {
        do {
            guard let directory = try run.subdirectory(kind.rawValue, create: false) else { return [] }
            let instances = Set(try directory.list().compactMap(DaemonFiles.instance)).sorted()
            return instances.flatMap { instance -> [Finding] in
                guard let id = try? DaemonID(kind: kind, instance: instance) else { return [] }
                return daemon(id, in: directory)
            }
        } catch {
            return [.fail(kind.rawValue, error.message, next: "chmod 700 '\(home.run)/\(kind.rawValue)'")]
        }
    }

    private func daemon(_ id: DaemonID, in directory: RunDirectory) -> [Finding] {
        let name = id.description
        var findings: [Finding] = []
        let record: DaemonRecord? = readable("\(id.instance).json", of: id, in: directory, &findings)
        let end: LastEnd? = readable("\(id.instance).last.json", of: id, in: directory, &findings)
        do {
            switch try FileLock.probe(in: directory, name: "\(id.instance).lock") {
            case .held:
                findings += try held(id, record, in: directory)
            case .free, .absent:
                findings += try free(id, record, end, in: directory)
            }
        } catch {
            findings.append(.fail(name, KeeperError(from: error).message, next: id.command("logs", "--streams")))
        }
        return findings
    }

    private func held(_ id: DaemonID, _ record: DaemonRecord?, in directory: RunDirectory) throws -> [Finding] {
        let name = id.description
        // What somebody has written over the line says as little as no line: who has the lock in his hands is what helps.
        guard let line = try? LockLine.read(in: directory, name: "\(id.instance).lock") else {
            let (who, next) = FileLock.describeHolders(in: directory, name: "\(id.instance).lock")
            return [.warn(name, "its lock is held by \(who), which has not said who it is (yet)", next: next ?? "rbee-keeper doctor")]
        }
        guard let record else {
            return [.warn(name, "process \(line.pid) holds its lock and has written no record (yet)", next: "rbee-keeper status \(name)")]
        }
        guard record.nonce == line.nonce.text else {
            return [.warn(name, "its record is of an earlier process; process \(line.pid) runs now", next: "rbee-keeper status \(name)")]
        }
        if let files = try DaemonFiles.open(id, home: home, create: false), let obstacle = files.obstacle {
            let path = files.path(files.socket)
            return [
                .fail(
                    name, "process \(line.pid) runs and cannot be reached: \(obstacle) stands in the place of its socket",
                    next: "rm -r '\(path)'")
            ]
        }
        // A plain program has no socket.
        guard id.kind != .process else { return [.ok(name, "lock and record agree on process \(line.pid)")] }
        guard try directory.stat("\(id.instance).sock") != nil else {
            return [
                .warn(
                    name, "process \(line.pid) runs and its socket is missing; it makes it again within a second",
                    next: "rbee-keeper status \(name)")
            ]
        }
        return [.ok(name, "lock, record and socket agree on process \(line.pid)")]
    }

    private func free(_ id: DaemonID, _ record: DaemonRecord?, _ end: LastEnd?, in directory: RunDirectory) throws -> [Finding] {
        let name = id.description
        let socket = try directory.stat("\(id.instance).sock")
        // Status 0 is an end on purpose; of anything else `status` speaks until it is cleared.
        let failed = end.flatMap { $0.exit == 0 ? nil : $0 }
        if record?.state == .stopped { return [.ok(name, "was stopped, and stays so until it is started")] }
        guard record != nil || socket != nil || failed != nil else { return [.ok(name, "does not run, and left nothing behind")] }
        let what = [record.map { _ in "record" }, socket.map { _ in "socket" }, failed.map { _ in "note of a failed start" }]
            .compactMap { $0 }.joined(separator: " and ")
        guard fixes else {
            let why = record == nil && socket == nil ? "" : ": it was killed"
            return [.warn(name, "does not run, and its \(what) is left\(why)", next: "rbee-keeper doctor --fix")]
        }
        guard try DaemonFiles.open(id, home: home, create: false)?.sweep() == true else {
            return [.warn(name, "somebody starts it just now", next: "rbee-keeper doctor")]
        }
        return [.ok(name, "did not run; its \(what) was removed")]
    }

    private func handles(in run: RunDirectory) -> [Finding] {
        do {
            guard let directory = try run.subdirectory("handles", create: false) else { return [] }
            var findings: [Finding] = []
            var history = 0
            for name in try directory.list() where name.hasSuffix(".json") {
                guard let file: HandleFile = readable(name, of: nil, in: directory, &findings), !file.intent,
                    let id = try? DaemonID(kind: file.kind, instance: file.instance), !Self.isHeld(id, home)
                else { continue }
                history += 1
                if fixes { try HandleStore(home: home).removeAll(of: id, ifNonce: nil) }
            }
            if history > 0 {
                let what = history == 1 ? "1 handle is" : "\(history) handles are"
                findings.append(
                    fixes
                        ? .ok("handles", "\(what) of a daemon that does not run, and removed")
                        : .warn("handles", "\(what) of a daemon that does not run", next: "rbee-keeper doctor --fix"))
            }
            return findings
        } catch {
            return [.fail("handles", KeeperError(from: error).message, next: "chmod 700 '\(home.run)/handles'")]
        }
    }

    private static func isHeld(_ id: DaemonID, _ home: RbeeHome) -> Bool {
        guard let files = try? DaemonFiles.open(id, home: home, create: false) else { return false }
        return (try? FileLock.probe(in: files.directory, name: files.lock)) != .free
    }

    /// Reads a JSON file. One that cannot be read is named.
    private func readable<Value: Decodable>(
        _ file: String, of id: DaemonID?, in directory: RunDirectory, _ findings: inout [Finding]
    ) -> Value? {
        let path = "\(directory.path)/\(file)"
        let subject = id?.description ?? "handles"
        let why: String
        do {
            guard let bytes = try directory.read(file) else { return nil }
            do {
                return try ContractJSON.decode(Value.self, from: bytes)
            } catch {
                why = "\(error)"
            }
        } catch {
            why = error.message
        }
        findings.append(.warn(subject, "\(path) is corrupt: \(why)", next: "rbee-keeper doctor --fix"))
        return nil
    }
}
