import Glibc

/// A lock file as the kernel shows it, asked without the code under test.
struct LockSight: Sendable, Hashable {
    let path: String
    let device: UInt64
    let inode: UInt64
    let isHeld: Bool
    let line: Line?

    /// `pid start-ticks boot-id pid-ns nonce`.
    struct Line: Sendable, Hashable {
        let pid: Int32
        let startTicks: UInt64
        let bootID: String
        let namespace: UInt64
        let nonce: String

        init?(_ text: String) {
            let fields = text.split(separator: " ", omittingEmptySubsequences: false)
            guard text.hasSuffix("\n"), fields.count == 5, let pid = Int32(fields[0]), let ticks = UInt64(fields[1]),
                let namespace = UInt64(fields[3])
            else { return nil }
            self.pid = pid
            startTicks = ticks
            bootID = String(fields[2])
            self.namespace = namespace
            nonce = String(fields[4].dropLast())
        }
    }

    /// `F_OFD_GETLK`, which Glibc's Swift module leaves out.
    private static let askForLock: Int32 = 36

    /// - Returns: nil when there is no lock file.
    init?(_ path: String) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var about = stat()
        var wanted = flock()
        wanted.l_type = Int16(F_WRLCK)
        wanted.l_whence = Int16(SEEK_SET)
        guard fstat(file, &about) == 0, about.st_mode & S_IFMT == S_IFREG, fcntl(file, Self.askForLock, &wanted) == 0 else { return nil }
        self.path = path
        device = UInt64(about.st_dev)
        inode = UInt64(about.st_ino)
        isHeld = Int32(wanted.l_type) != F_UNLCK
        line = ChaosFile.text(of: path).flatMap { Line($0) }
    }

    /// Whether a process has the lock: one of its descriptors is on the file and says so.
    func isHeld(by pid: Int32) -> Bool {
        ChaosFile.names(in: "/proc/\(pid)/fd").contains { number in
            var about = stat()
            guard stat("/proc/\(pid)/fd/\(number)", &about) == 0, UInt64(about.st_dev) == device, UInt64(about.st_ino) == inode else {
                return false
            }
            let lines = ChaosFile.text(of: "/proc/\(pid)/fdinfo/\(number)") ?? ""
            return lines.split(separator: "\n").contains { $0.hasPrefix("lock:") && $0.contains("OFDLCK") && $0.contains("WRITE") }
        }
    }
}
