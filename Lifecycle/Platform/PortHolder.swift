import Glibc

/// Who listens on a TCP port.
package struct PortHolder: Hashable, Sendable {
    /// Where it listens.
    package var address: SocketAddress
    /// The user the socket belongs to.
    package var uid: UInt32
    /// The process, where we may see it.
    package var pid: Int32?
    /// The name of its program, where we may see it.
    package var program: String?

    /// A holder known from elsewhere.
    package init(address: SocketAddress, uid: UInt32, pid: Int32? = nil, program: String? = nil) {
        self.address = address
        self.uid = uid
        self.pid = pid
        self.program = program
    }

    /// Whoever listens on a port, on any address; nil when nobody does.
    ///
    /// - Parameter host: a numeric address; who listens there, or on all, comes first.
    package static func of(port: UInt16, host: String? = nil) throws(SystemError) -> PortHolder? {
        let wanted = host.flatMap { SocketAddress(host: $0, port: Int(port)) }
        let all = try TCPTable.listeners(on: port)
        guard let entry = all.first(where: { $0.local == wanted }) ?? all.first(where: { $0.local.isAny }) ?? all.first else { return nil }
        let process = process(with: entry.inode)
        return PortHolder(address: entry.local, uid: entry.uid, pid: process?.pid, program: process.map(name))
    }

    /// Whether this very process listens on a port. One look, however many processes there are.
    package static func isHeld(port: UInt16, by pid: Int32) -> Bool {
        guard let sockets = ProcDirectory(pid: pid)?.sockets(), let listeners = try? TCPTable.listeners(on: port) else { return false }
        return listeners.contains { sockets.contains($0.inode) }
    }

    private static func process(with inode: UInt64) -> ProcessStat? {
        (ProcessTable.scan() ?? []).first { process in
            ProcDirectory(pid: process.pid)?.sockets()?.contains(inode) == true
        }
    }

    /// The file name of what was started, longer than the fifteen bytes the kernel keeps.
    private static func name(_ process: ProcessStat) -> String {
        let command = ProcFile.read(AT_FDCWD, "/proc/\(process.pid)/cmdline", limit: 4096) ?? []
        let path = command.prefix { $0 != 0 }
        let last = String(decoding: path.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
        return last.hasPrefix(process.name) ? last : process.name
    }
}

extension PortHolder: CustomStringConvertible {
    /// "process 4711 (python3)" or "a process of user 1000".
    package var description: String {
        guard let pid else {
            return uid == geteuid() ? "a process that cannot be seen from here" : "a process of another user (\(uid))"
        }
        return "process \(pid) (\(program ?? "?"))"
    }
}
