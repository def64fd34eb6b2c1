import Glibc

extension FileLock {
    /// The processes that have a lock in their hands, as far as they can be seen from here: for people, where no line says who holds it.
    ///
    /// Reads the descriptors of every process: not for a loop's thread.
    package static func holders(in directory: RunDirectory, name: String) -> [ProcessStat] {
        guard let file = try? directory.stat(name), file.kind == .regular else { return [] }
        return (ProcessTable.numbers() ?? []).compactMap { pid in
            guard let process = ProcDirectory(pid: pid), process.holdsLock(on: file) == true else { return nil }
            return process.stat()
        }
    }

    /// Who that is, in a sentence about the lock: "process 12 (sleep)".
    package static func describeHolders(in directory: RunDirectory, name: String) -> (who: String, next: String?) {
        let holders = holders(in: directory, name: name)
        guard !holders.isEmpty else { return ("a process that cannot be seen from here", nil) }
        let who = holders.map { "process \($0.pid) (\($0.name))" }.joined(separator: " and ")
        return (who, "kill \(holders.map { "\($0.pid)" }.joined(separator: " "))")
    }
}
