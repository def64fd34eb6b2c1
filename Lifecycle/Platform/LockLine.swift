/// The line a holder writes into its lock file: `pid start-ticks boot-id pid-ns nonce`.
package struct LockLine: Hashable, Sendable {
    /// The holder's number in its pid namespace.
    package var pid: Int32
    /// When it started, in clock ticks since boot.
    package var startTicks: UInt64
    /// The boot of the kernel it runs on.
    package var bootID: String
    /// Its pid namespace.
    package var pidNamespace: UInt64
    /// Which run of the daemon this is.
    package var nonce: Nonce

    /// The line of a process.
    package init(_ process: ProcessIdentity, nonce: Nonce) {
        pid = process.pid
        startTicks = process.startTicks
        bootID = process.bootID
        pidNamespace = process.pidNamespace
        self.nonce = nonce
    }

    /// The process named; its image is not part of the line.
    package var process: ProcessIdentity {
        ProcessIdentity(pid: pid, startTicks: startTicks, bootID: bootID, pidNamespace: pidNamespace)
    }

    /// The line with its end.
    package var text: String { "\(pid) \(startTicks) \(bootID) \(pidNamespace) \(nonce)\n" }

    /// Longer than any line.
    package static let limit = 256

    /// Reads exactly one whole line, in exactly the form in which it is written.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.limit, text.hasSuffix("\n") else { return nil }
        let fields = text.dropLast().split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 5, let pid = Int32(fields[0]), pid > 0, let startTicks = UInt64(fields[1]), Self.isBootID(fields[2]),
            let pidNamespace = UInt64(fields[3]), pidNamespace > 0, let nonce = Nonce(fields[4])
        else { return nil }
        self.pid = pid
        self.startTicks = startTicks
        bootID = String(fields[2])
        self.pidNamespace = pidNamespace
        self.nonce = nonce
        guard self.text == text else { return nil }
    }

    /// The line in a lock file, or nil when there is no file or no whole line yet: the holder may be about to write it.
    ///
    /// - Throws: `corrupt` for anything that cannot be the beginning of a line.
    package static func read(in directory: RunDirectory, name: String) throws(SystemError) -> LockLine? {
        guard let bytes = try directory.read(name, limit: limit) else { return nil }
        if let line = String(validating: bytes, as: UTF8.self).flatMap({ LockLine($0) }) { return line }
        let unfinished = bytes.allSatisfy {
            Hexadecimal.isLowercase(CollectionOfOne($0)) || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-")
        }
        if unfinished { return nil }
        let path = "\(directory.path)/\(name)"
        throw SystemError(.corrupt, "\(path) holds something other than the line of its holder", path: path)
    }

    private static func isBootID(_ text: Substring) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { Hexadecimal.isLowercase($0.utf8) }
    }
}
