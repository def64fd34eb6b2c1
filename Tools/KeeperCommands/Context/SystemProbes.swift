/// What `doctor` asks of the machine.
package protocol SystemProbes: Sendable {
    /// Who listens on a TCP port of this machine, in words; nil when nobody does.
    func holder(ofPort port: Int) throws -> PortOccupant?
    /// What a binary answers to `--version`.
    func version(ofBinary path: String) async throws -> String
}

/// Who listens on a port.
package struct PortOccupant: Hashable, Sendable {
    /// Nil when it may not be seen.
    package var pid: Int32?
    /// `nginx (pid 4)`, `a process of another user`.
    package var description: String

    package init(pid: Int32?, description: String) {
        self.pid = pid
        self.description = description
    }
}
