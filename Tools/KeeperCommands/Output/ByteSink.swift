/// Where bytes of a command go: a descriptor, or memory in tests.
package protocol ByteSink: Sendable {
    /// Writes all the bytes, or says why not.
    func write(_ bytes: [UInt8]) throws(OutputError)
    /// Whether a person looks at it through a terminal.
    var isTerminal: Bool { get }
    /// Whether nobody reads any more, as far as that can be seen without writing.
    var isAbandoned: Bool { get }
}

/// Why bytes could not be written.
package enum OutputError: Error, Hashable, Sendable {
    /// The reader is gone (`EPIPE`): not a failure of ours, and nobody is left to tell.
    case closed
    /// Anything else, such as a full disk; the system's error number.
    case failed(Int32)
}
