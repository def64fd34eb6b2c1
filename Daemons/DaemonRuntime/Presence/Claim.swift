internal import DaemonContract
internal import Glibc
internal import Platform

/// A daemon's lock, won: the right to be it.
struct Claim {
    let directory: RunDirectory
    let lock: FileLock
    let process: ProcessIdentity
    let nonce: Nonce
    /// Whether the lock was taken for us before we were started, and not by ourselves.
    let isInherited: Bool

    /// Takes over the lock we were started with, or takes it.
    ///
    /// - Throws: `lockLost` when another process holds it, which was not disturbed.
    static func make(_ id: DaemonID, home: RbeeHome, start: StartEnvironment) throws(StartError) -> Claim {
        do throws(StartError) {
            return try attempt(id, home: home, start: start)
        } catch {
            // The folder was removed after it was opened. In the one that is made now a lock is taken like any other.
            guard (error.underlying as? SystemError)?.number == ENOENT else { throw error }
            return try attempt(id, home: home, start: start)
        }
    }

    private static func attempt(_ id: DaemonID, home: RbeeHome, start: StartEnvironment) throws(StartError) -> Claim {
        do {
            let run = try RunDirectory.make(home.run)
            let directory = try run.makeSubdirectory(id.kind.rawValue)
            let name = PresenceFile.lock(id.instance)
            let inherited = try start.lockDescriptor.flatMap { number throws(SystemError) in
                try FileLock.adopt(descriptor: number, in: directory, name: name)
            }
            guard let lock = try inherited ?? FileLock.acquire(in: directory, name: name) else {
                throw lost(id, directory)
            }
            let claim = Claim(
                directory: directory, lock: lock, process: try .current(), nonce: start.nonce ?? Nonce(), isInherited: inherited != nil)
            try claim.writeLine(name)
            return claim
        } catch let error as SystemError {
            throw StartError(error)
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError(.software, "\(error)")
        }
    }

    /// Writes who holds the lock, unless whoever took it for us did.
    private func writeLine(_ name: String) throws(SystemError) {
        let line = LockLine(process, nonce: nonce)
        let written: LockLine?
        do {
            written = try LockLine.read(in: directory, name: name)
        } catch {
            // What was there belonged to nobody: we hold the lock.
            written = nil
        }
        if written != line { try lock.writeLine(line) }
    }

    private static func lost(_ id: DaemonID, _ directory: RunDirectory) -> StartError {
        let line = try? LockLine.read(in: directory, name: PresenceFile.lock(id.instance))
        let holder = line.map { " (pid \($0.pid))" } ?? ""
        return StartError(.lockLost, "\(id) is already running\(holder)")
    }
}

/// The names of a daemon's files in its run directory.
package enum PresenceFile {
    package static func lock(_ instance: String) -> String { "\(instance).lock" }
    package static func record(_ instance: String) -> String { "\(instance).json" }
    package static func lastEnd(_ instance: String) -> String { "\(instance).last.json" }
    package static func controlSocket(_ instance: String) -> String { "\(instance).sock" }
    package static func output(_ instance: String) -> String { "\(instance).out" }
}
