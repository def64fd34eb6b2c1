internal import DaemonContract
internal import Platform

/// What the run directory says of a plain program: `run/process/NAME.*`.
struct ProgramFiles: Sendable {
    let files: DaemonFiles

    /// What is known of it before anybody has touched it.
    enum Found: Sendable, Hashable {
        /// It is down. `isStopped`: somebody has stopped it, and it is to stay so. `unaccounted`: the life that had the lock last, if how it ended
        /// is not written down; it may have been killed with its guard, and what it had started may still run.
        case down(isStopped: Bool, unaccounted: String?)
        /// It runs.
        case running(pid: Int32, nonce: String, record: DaemonRecord?)
        /// Its lock is held by nobody that could be adopted.
        case held
    }

    func find() -> Found {
        guard let look = try? files.look() else { return .held }
        switch look {
        case .free(let end, let record, let signature):
            var unaccounted: String?
            if case .nonce(let nonce) = signature, end?.nonce != nonce { unaccounted = nonce }
            return .down(isStopped: record?.state == .stopped, unaccounted: unaccounted)
        case .held(let line?, let record, _):
            return isGuarded(line)
                ? .running(pid: line.pid, nonce: line.nonce.text, record: record) : .held
        case .held: return .held
        }
    }

    /// Whether the process of the line lives, and its parent has the lock in its hands: whoever else might be behind these numbers, that is its guard.
    private func isGuarded(_ line: LockLine) -> Bool {
        guard (try? line.process.liveness()) == .alive, let parent = ProcessStat.of(pid: line.pid)?.parent,
            let guardian = try? ProcessIdentity.of(pid: parent)
        else { return false }
        return SignalTarget.holdsLock(guardian, files.lock, in: files.directory)
    }

    /// Writes down that it serves, or that it is to stay down.
    func record(_ state: DaemonState, pid: Int32, nonce: String, owner: String, baseURL: String?) throws(LifecycleError) {
        do throws(SystemError) {
            guard let process = try state == .stopped ? .current() : ProcessIdentity.of(pid: pid) else { return }
            let record = DaemonRecord(
                kind: files.id.kind, instance: files.id.instance, nonce: nonce, pid: pid, startTicks: process.startTicks,
                bootID: process.bootID, pidNamespace: process.pidNamespace, owner: owner, state: state, baseURL: baseURL, socket: "",
                version: "", buildID: "", ttlSecs: 0, graceMs: 0, startedAt: HandleStore.now())
            guard let bytes = try? ContractJSON.encode(record) else { return }
            try files.directory.writeAtomically(files.record, bytes)
        } catch {
            throw LifecycleError(system: error, daemon: files.id)
        }
    }

    /// Removes what is written down of it, while nobody runs it.
    func clear() {
        // What could not be removed is history by its nonce.
        guard let lock = try? FileLock.acquire(in: files.directory, name: files.lock) else { return }
        defer { lock.giveUp() }
        _ = try? files.directory.remove(files.record)
        _ = try? files.directory.remove(files.lastEnd)
    }

    /// How the life with this nonce ended, where its guard has written it down.
    func end(of nonce: String) -> ProcessEnd? {
        guard let end = (try? files.look())?.lastEnd, end.nonce == nonce else { return nil }
        return end.processEnd
    }

    /// The last line that the life with this nonce has printed; nil when it said nothing.
    func lastWords(of nonce: String) -> String? {
        guard let end = (try? files.look())?.lastEnd, end.nonce == nonce else { return nil }
        return end.output.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map { String($0.prefix(400)) }
    }

    /// The process that holds its lock, as its line says.
    var holder: Int32? {
        guard case .held(let line?, _, _) = try? files.look() else { return nil }
        return line.pid
    }
}
