import Glibc
import Platform

/// Ends every process of a run and removes its folder: at the end, after Ctrl-C, and when this program itself was killed.
struct Cleaner: Sendable {
    /// Stands in the environment of processes of a run that belong to no home.
    static let variable = "RBEE_CHAOS_ROOT"
    /// A process of a run is ended within this time, or it cannot be ended at all.
    private static let rounds = 400

    let root: String

    /// Kills whatever carries the run's folder in its environment or runs a program out of it.
    ///
    /// - Returns: whether nothing was left.
    @discardableResult
    func endProcesses() -> Bool {
        for _ in 0..<Self.rounds {
            let left = pids()
            if left.isEmpty { return true }
            for pid in left {
                // The pidfd first, then the look: the number may have another process by now.
                guard let watch = (try? ProcessWatch.open(pid: pid)) ?? nil, isOurs(pid) else { continue }
                _ = try? watch.signal(SIGKILL)
                _ = watch.waitForExit(milliseconds: 200)
                _ = try? watch.reap()
            }
        }
        return false
    }

    func removeFiles() {
        ChaosFile.removeTree(root)
    }

    func pids() -> [Int32] {
        ChaosFile.names(in: "/proc").compactMap { Int32($0) }.filter { $0 > 1 && $0 != getpid() && isOurs($0) }
    }

    private func isOurs(_ pid: Int32) -> Bool {
        guard let stat = ProcReader.stat(pid), stat.state != UInt8(ascii: "Z") else { return false }
        if ProcReader.link("/proc/\(pid)/exe")?.hasPrefix("\(root)/") == true { return true }
        guard let environment = ChaosFile.read("/proc/\(pid)/environ") else { return false }
        return environment.split(separator: 0).contains { variable in
            ["RBEE_HOME=\(root)/", "\(Self.variable)=\(root)"].contains { variable.starts(with: $0.utf8) }
        }
    }
}

/// A process that outlives this one, to clean up after it, whatever ends it.
final class Janitor: Sendable {
    private let pipe: Descriptor

    init(root: String) throws {
        let ends = try Descriptor.pipe()
        _ = try Spawn.start(
            Spawn.ownPath, [Spawn.ownPath, ProgramMode.janitor.rawValue, root], environment: ["PATH": "/usr/bin:/bin"],
            streams: [ends.read, nil, nil], inNewSession: true)
        pipe = ends.write
    }

    /// There is nothing to clean up, or what is there is to be kept.
    func dismiss() {
        try? pipe.write([UInt8(ascii: ".")])
        pipe.close()
    }

    static func run(root: String) -> Never {
        var word: UInt8 = 0
        let count = read(STDIN_FILENO, &word, 1)
        guard count == 0 else { exit(0) }
        let cleaner = Cleaner(root: root)
        cleaner.endProcesses()
        cleaner.removeFiles()
        exit(0)
    }
}
