import Glibc
import Synchronization

/// A value that one thread changes and others read.
final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) {
        mutex = Mutex(value)
    }

    var value: Value {
        get { mutex.withLock { $0 } }
        _modify {
            var copy = mutex.withLock { $0 }
            yield &copy
            let changed = copy
            mutex.withLock { $0 = changed }
        }
    }
}

/// A pipe that closes itself.
final class Pipe: Sendable {
    let reader: Int32
    let writer: Int32

    struct Failed: Error {}

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failed() }
        reader = ends[0]
        writer = ends[1]
    }

    deinit {
        close(reader)
        close(writer)
    }

    func write(_ text: String) {
        _ = text.withCString { Glibc.write(writer, $0, strlen($0)) }
    }

    func read() -> Int {
        var bytes = [UInt8](repeating: 0, count: 64)
        return Glibc.read(reader, &bytes, bytes.count)
    }
}
