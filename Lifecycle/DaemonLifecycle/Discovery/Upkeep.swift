package import DaemonContract
package import EventLoop
package import Platform

/// Puts a run directory in order, as far as that is nobody else's business: unfinished starts of starters that died are resolved, corrupt
/// files are set aside, what daemons left running that were killed is ended. Whoever is about to start or stop something does it first, and
/// says what was found.
public struct Upkeep: Sendable {
    private let home: RbeeHome
    private let loop: EventLoop

    /// - Parameter home: the folder that `RBEE_HOME` would name; nil follows the environment.
    public init(home: String? = nil) throws(LifecycleError) {
        self.init(home: try LifecycleContext.home(home))
    }

    package init(home: RbeeHome, loop: EventLoop = .shared) {
        self.home = home
        self.loop = loop
    }

    /// Resolves, sets aside and ends.
    ///
    /// - Returns: a sentence for each thing that was found.
    public func run() async throws(LifecycleError) -> [String] {
        var notices = try HandleStore(home: home).resolve().map(\.text)
        var dead: [String: DaemonID] = [:]
        for id in try DaemonDirectory(home: home, loop: loop).known() {
            guard let files = try DaemonFiles.open(id, home: home, create: false) else { continue }
            notices += check(files.record, DaemonRecord.self, files)
            notices += check(files.lastEnd, LastEnd.self, files)
            if let nonce = files.nonceOfTheDead { dead[nonce] = id }
        }
        notices += await end(dead)
        notices += checkToken()
        sweepTemporaries()
        return notices
    }

    /// Removes what daemons have left that do not run: records, sockets, notes of their ends, handles, and what they left running. What belongs
    /// to one that runs, or that somebody starts just now, stays.
    ///
    /// - Parameter chosen: of these; nil: of all, and of engines too.
    /// - Returns: a sentence for each of which something was left.
    package func clear(_ chosen: [DaemonID]? = nil) async throws(LifecycleError) -> [String] {
        let handles = HandleStore(home: home)
        var ids = if let chosen { chosen } else { try DaemonDirectory(home: home, loop: loop).traces() }
        if chosen == nil {
            for file in try handles.all().handles { if let id = try? DaemonID(kind: file.kind, instance: file.instance) { ids.append(id) } }
        }
        var dead: [String: DaemonID] = [:]
        var free: [DaemonFiles] = []
        for id in Set(ids) {
            // One that has no folder has no lock either: only a handle tells of it.
            guard let files = try DaemonFiles.open(id, home: home, create: false) else {
                try handles.removeAll(of: id, ifNonce: nil)
                continue
            }
            for nonce in [files.nonceOfTheDead, files.lastNonceOfTheLock] { if let nonce { dead[nonce] = id } }
            free.append(files)
        }
        var notices = await end(dead)
        for files in free.sorted(by: { $0.id.description < $1.id.description }) {
            let hasTraces = files.hasTraces
            let isSwept = try files.sweep { () throws(LifecycleError) in try handles.removeAll(of: files.id, ifNonce: nil) }
            guard isSwept else { continue }
            if hasTraces { notices.append("what \(files.id) left was removed") }
        }
        if chosen == nil { clearEngines() }
        return notices
    }

    private func end(_ dead: [String: DaemonID]) async -> [String] {
        let ended = await Leftovers(home: home, loop: loop).end(of: Set(dead.keys))
        return ended.compactMap { nonce in dead[nonce].map { "what \($0) had left running when it was killed was ended" } }.sorted()
    }

    /// A token that is none would keep every client out that reads it.
    private func checkToken() -> [String] {
        guard let run = try? RunDirectory.open(home.run, create: false) else { return [] }
        do {
            _ = try AccessToken.load(in: run)
            return []
        } catch {
            guard error.code == .corrupt else { return ["\(error.message)"] }
            guard let aside = try? run.quarantine("token") else { return ["\(error.message) and could not be set aside; remove it"] }
            return ["\(error.message); it was set aside as \(aside), and the next daemon makes a new one"]
        }
    }

    /// What a writer leaves that is killed while it writes.
    private func sweepTemporaries() {
        guard let run = try? RunDirectory.open(home.run, create: false) else { return }
        // Not worth an error: the next one tries again.
        try? run.sweepTemporaries(olderThan: Self.oldestWriting)
        for name in DaemonKind.locked.map(\.rawValue) + ["handles", "engines", "ports"] {
            try? run.subdirectory(name, create: false)?.sweepTemporaries(olderThan: Self.oldestWriting)
        }
    }

    /// How long a file may take to be written, in seconds.
    private static let oldestWriting: Int64 = 60

    /// An engine that was killed leaves its socket. Its lock tells whether it runs.
    private func clearEngines() {
        guard let run = try? RunDirectory.open(home.run, create: false), let engines = try? run.subdirectory("engines", create: false),
            let names = try? engines.list()
        else { return }
        for name in names where name.hasSuffix(".lock") {
            let instance = name.dropLast(".lock".count)
            guard let lock = try? FileLock.acquire(in: engines, name: name) else { continue }
            defer { lock.release() }
            if let socket = try? engines.stat("\(instance).sock"), socket.kind == .socket {
                _ = try? engines.unlink("\(instance).sock", ifIdentity: socket)
            }
            _ = try? engines.remove("\(instance).last.json")
        }
    }

    private func check<Content: Decodable>(_ name: String, _ type: Content.Type, _ files: DaemonFiles) -> [String] {
        let path = files.path(name)
        do {
            guard let bytes = try files.directory.read(name) else { return [] }
            _ = try ContractJSON.decode(type, from: bytes)
            return []
        } catch {
            guard let aside = try? files.directory.quarantine(name) else {
                return ["\(path) is corrupt (\(error)) and could not be set aside; remove it"]
            }
            return ["\(path) was corrupt (\(error)); it was set aside as \(aside)"]
        }
    }
}
