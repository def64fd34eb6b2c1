/// Decides which connection a request gets: no I/O, no clock. Requests are numbered by whoever asks.
struct HTTPPoolMachine<Connection: Equatable> {
    private let limit: Int
    private let idleLimit: Int
    /// Connections that are being opened, in use or idle.
    private(set) var open = 0
    /// The one used last comes last, and is used first.
    private(set) var idle: [Connection] = []
    /// First come, first served.
    private(set) var waiting: [Int] = []

    init(limit: Int, idleLimit: Int) {
        self.limit = limit
        self.idleLimit = idleLimit
    }

    enum Acquired: Equatable {
        case use(Connection)
        /// Open a new one, then use it or report `closed`.
        case open
        /// Close this idle one, which makes room, and open a new one.
        case replace(Connection)
        /// Until `Released` names the request.
        case wait
    }

    /// A request needs a connection.
    ///
    /// - Parameter fresh: not one that has been used before.
    mutating func acquire(_ request: Int, fresh: Bool = false) -> Acquired {
        if !fresh, let connection = idle.popLast() {
            return .use(connection)
        }
        guard open < limit else {
            // Where connections lie idle nobody would give one back: who waited there would wait until they time out.
            if !idle.isEmpty { return .replace(idle.removeFirst()) }
            waiting.append(request)
            return .wait
        }
        open += 1
        return .open
    }

    enum Released: Equatable {
        case keep
        case close
        /// The request that has waited longest has it now.
        case give(Int)
    }

    /// A request has done with a connection that can serve another.
    mutating func released(_ connection: Connection) -> Released {
        if !waiting.isEmpty {
            return .give(waiting.removeFirst())
        }
        guard idle.count < idleLimit else {
            open -= 1
            return .close
        }
        idle.append(connection)
        return .keep
    }

    /// A connection is gone, or could not be opened.
    ///
    /// - Returns: the request that may open one instead.
    mutating func closed(_ connection: Connection?) -> Int? {
        idle.removeAll { $0 == connection }
        open -= 1
        guard !waiting.isEmpty else { return nil }
        open += 1
        return waiting.removeFirst()
    }

    /// A request waits no longer.
    mutating func gaveUp(_ request: Int) {
        waiting.removeAll { $0 == request }
    }
}

extension HTTPPoolMachine: Equatable {}
extension HTTPPoolMachine: Hashable where Connection: Hashable {}
