import KeeperCommands
import Synchronization

/// Collects what is written; may fail like a closed pipe or a full disk after some bytes.
final class MemorySink: ByteSink, Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let failure: OutputError?
    private let capacity: Int
    let isTerminal: Bool
    private let hungUp = Mutex(false)
    var isAbandoned: Bool { hungUp.withLock { $0 } }

    init(isTerminal: Bool = false, failingWith failure: OutputError? = nil, after capacity: Int = 0) {
        self.isTerminal = isTerminal
        self.failure = failure
        self.capacity = capacity
    }

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }

    /// The reader goes away.
    func hangUp() {
        hungUp.withLock { $0 = true }
    }

    func write(_ more: [UInt8]) throws(OutputError) {
        let isFull = bytes.withLock { bytes in
            if failure != nil, bytes.count + more.count > capacity { return true }
            bytes += more
            return false
        }
        if isFull, let failure { throw failure }
    }
}
