import CPlatform
import Glibc

/// All processes, as one pass over /proc found them. The pass takes a while: what it says of two of them need never have been true at once.
package struct ProcessTable: Sendable {
    /// What was found, in no order.
    package let processes: [ProcessStat]

    /// A table of given processes.
    package init(_ processes: [ProcessStat]) {
        self.processes = processes
    }

    /// Reads the line of every process; nil when /proc cannot be read. Whoever ends meanwhile may or may not be among them.
    package static func scan() -> [ProcessStat]? {
        numbers()?.compactMap { ProcessStat.of(pid: $0) }
    }

    /// The numbers of all processes there were at one moment; nil when /proc cannot be read.
    package static func numbers() -> [Int32]? {
        let number = rbee_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY, 0)
        guard number >= 0, let names = DirectoryEntries.names(takingOver: number) else { return nil }
        return names.compactMap { name in name.utf8.first.map { (49...57).contains($0) } == true ? Int32(name) : nil }
    }

    /// The living processes beneath one: its children, theirs, and so on. Without itself.
    ///
    /// Nobody is older than its parent; who seems to be has a parent whose number was given away during the pass, and is left out.
    package func descendants(of pid: Int32) -> [ProcessStat] {
        let children = Dictionary(grouping: processes.filter { !$0.isDead }, by: \.parent)
        guard let leader = processes.first(where: { $0.pid == pid }) else { return [] }
        var found: [ProcessStat] = []
        var seen: Set<Int32> = [pid]
        var open = [leader]
        while let parent = open.popLast() {
            for child in children[parent.pid] ?? [] where child.startTicks >= parent.startTicks && seen.insert(child.pid).inserted {
                found.append(child)
                open.append(child)
            }
        }
        return found
    }
}

extension ProcessStat {
    /// The value a variable had in the environment the process was started with; nil when there is none or it cannot be seen.
    package func environmentValue(_ name: String) -> String? {
        guard let directory = ProcDirectory(pid: pid), directory.stat()?.startTicks == startTicks else { return nil }
        return directory.environmentValue(name)
    }
}
