import CPlatform
import Glibc

/// Which process is meant, so exactly that none that comes later is taken for it.
package struct ProcessIdentity: Hashable, Sendable {
    /// What can be said of the process from here.
    package enum Liveness: Hashable, Sendable {
        case alive
        /// It has ended, whether its parent has reaped it or not.
        case dead
        /// It lives, if it does, in another pid namespace: its number says nothing here.
        case elsewhere
    }

    /// Its number.
    package var pid: Int32
    /// When it started, in clock ticks since boot.
    package var startTicks: UInt64
    /// The boot of the kernel it runs on.
    package var bootID: String
    /// The pid namespace in which its number is right: the inode of `/proc/self/ns/pid`.
    package var pidNamespace: UInt64
    /// The running image, where it could be seen. Only device and inode count.
    package var executable: FileIdentity?

    /// An identity written down before.
    package init(pid: Int32, startTicks: UInt64, bootID: String, pidNamespace: UInt64, executable: FileIdentity? = nil) {
        self.pid = pid
        self.startTicks = startTicks
        self.bootID = bootID
        self.pidNamespace = pidNamespace
        self.executable = executable
    }

    /// The living process with a number, or nil when there is none or it has ended.
    package static func of(pid: Int32) throws(SystemError) -> ProcessIdentity? {
        guard pid > 0 else { return nil }
        return try read("/proc/\(pid)")
    }

    /// This process.
    package static func current() throws(SystemError) -> ProcessIdentity {
        guard let identity = try read("/proc/self") else { throw SystemError(errno: ENOENT, "read", path: "/proc/self/stat") }
        return identity
    }

    /// The boot of this kernel.
    package static func currentBootID() throws(SystemError) -> String {
        try host.get().bootID
    }

    /// The pid namespace of this process.
    package static func currentPIDNamespace() throws(SystemError) -> UInt64 {
        try host.get().pidNamespace
    }

    /// Whether it runs now.
    package func liveness() throws(SystemError) -> Liveness {
        let here = try Self.host.get()
        guard bootID == here.bootID else { return .dead }
        guard pidNamespace == here.pidNamespace else { return .elsewhere }
        guard let found = ProcessStat.of(pid: pid), found.startTicks == startTicks, !found.isDead else { return .dead }
        return .alive
    }

    /// Whether it surely runs now.
    package var isAlive: Bool {
        (try? liveness()) == .alive
    }

    /// Whether a variable had this value in the environment the process was started with; nil when that cannot be seen.
    package func environmentContains(_ name: String, _ value: String) -> Bool? {
        guard let directory = ProcDirectory(pid: pid), directory.stat()?.startTicks == startTicks else { return nil }
        return directory.environmentContains(name, value)
    }

    private static func read(_ path: String) throws(SystemError) -> ProcessIdentity? {
        let here = try host.get()
        guard let directory = ProcDirectory(path: path), let stat = directory.stat(), !stat.isDead else { return nil }
        return ProcessIdentity(
            pid: stat.pid, startTicks: stat.startTicks, bootID: here.bootID, pidNamespace: here.pidNamespace,
            executable: directory.executable())
    }

    private struct Host: Sendable {
        var bootID: String
        var pidNamespace: UInt64
    }

    /// Neither changes while a process lives.
    private static let host: Result<Host, SystemError> = {
        guard let boot = ProcFile.read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", limit: 64),
            let namespace = ProcFile.target(AT_FDCWD, "/proc/self/ns/pid")
        else { return .failure(SystemError(errno: errno, "read /proc, which must be mounted")) }
        return .success(Host(bootID: String(decoding: boot.prefix { $0 > 32 }, as: UTF8.self), pidNamespace: namespace.inode))
    }()
}
