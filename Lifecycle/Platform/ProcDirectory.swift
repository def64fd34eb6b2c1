import CPlatform
import Glibc

/// `/proc/PID`, held open. Reads through it concern the process it was opened for and fail once that is gone, whoever has its number by then.
struct ProcDirectory {
    private let descriptor: Descriptor

    init?(pid: Int32) {
        guard pid > 0 else { return nil }
        self.init(path: "/proc/\(pid)")
    }

    init?(path: String) {
        let number = rbee_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0)
        guard number >= 0 else { return nil }
        descriptor = Descriptor(adopting: number)
    }

    func stat() -> ProcessStat? {
        descriptor.use { ProcessStat.at($0, "stat") }
    }

    func executable() -> FileIdentity? {
        descriptor.use { ProcFile.target($0, "exe") }
    }

    /// nil where the environment may not be read, or there is none (an ended process, a kernel thread).
    func environmentContains(_ name: String, _ value: String) -> Bool? {
        guard let bytes = environment() else { return nil }
        return bytes.split(separator: 0).contains { $0.elementsEqual("\(name)=\(value)".utf8) }
    }

    func environmentValue(_ name: String) -> String? {
        environment()?.split(separator: 0).first { $0.starts(with: "\(name)=".utf8) }.map {
            String(decoding: $0.dropFirst(name.utf8.count + 1), as: UTF8.self)
        }
    }

    private func environment() -> [UInt8]? {
        for _ in 0..<Self.patience {
            guard let bytes = descriptor.use({ ProcFile.read($0, "environ", limit: 16 << 20) }) else { return nil }
            if !bytes.isEmpty { return bytes }
            guard isBecoming else { return nil }
            usleep(500)
        }
        return nil
    }

    /// How often it is looked again: an exec takes less than a millisecond from the old program's end to the new one's environment.
    private static let patience = 100

    /// Whether nothing can be read of its environment because it is, or just was, between two programs: it has memory, and an environment that is
    /// not empty, or none yet.
    private var isBecoming: Bool {
        guard let line = descriptor.use({ ProcFile.read($0, "stat", limit: 4096) }), let name = line.lastIndex(of: UInt8(ascii: ")"))
        else { return false }
        // The first after the name is field 3; field 23 is the size of its memory, fields 50 and 51 where its environment begins and ends.
        let fields = line[name...].split(whereSeparator: { $0 <= UInt8(ascii: " ") })
        guard fields.count > 49, !fields[21].elementsEqual("0".utf8) else { return false }
        return fields[49].elementsEqual("0".utf8) || !fields[48].elementsEqual(fields[49])
    }

    /// The inodes of its open sockets; nil when they cannot be seen.
    func sockets() -> Set<UInt64>? {
        guard let numbers = descriptors() else { return nil }
        return Set(
            numbers.compactMap { number in
                guard let open = descriptor.use({ ProcFile.target($0, "fd/\(number)") }), open.kind == .socket else { return nil }
                return open.inode
            })
    }

    /// Whether one of its descriptors is on this file and its open file description holds an exclusive lock; nil when that cannot be seen.
    func holdsLock(on file: FileIdentity) -> Bool? {
        guard let numbers = descriptors() else { return nil }
        return numbers.contains { number in
            guard let open = descriptor.use({ ProcFile.target($0, "fd/\(number)") }), open.isSameFile(as: file) else { return false }
            return isLocked(number)
        }
    }

    /// A line like "lock:\t1: OFDLCK  ADVISORY  WRITE -1 fe:00:42 0 EOF" stands in the fdinfo of those descriptors whose description has the lock.
    private func isLocked(_ number: String) -> Bool {
        guard let text = descriptor.use({ ProcFile.read($0, "fdinfo/\(number)", limit: 65536) }) else { return false }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").contains { line in
            let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            return fields.first == "lock:" && fields.contains("OFDLCK") && fields.contains("WRITE")
        }
    }

    private func descriptors() -> [String]? {
        let number = descriptor.use { rbee_openat($0, "fd", O_RDONLY | O_DIRECTORY, 0) }
        return number >= 0 ? DirectoryEntries.names(takingOver: number) : nil
    }
}
