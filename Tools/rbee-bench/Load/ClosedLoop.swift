internal import BenchReport
internal import CBench
internal import Glibc
internal import Platform

/// Many connections from one thread, each with so many requests under way at any time: an answer brings the next request.
final class ClosedLoop<Reader: AnswerReader> {
    /// What a round of it showed.
    struct Round {
        /// Microseconds from each request to its answer.
        var latencies = Samples()
        /// Requests answered each second.
        var rate = 0.0
    }

    private struct Lane {
        let connection: Connection
        var reader = Reader()
        /// When those under way were sent, oldest first from `first` on, around the end.
        var sent: [UInt64]
        var first = 0
    }

    private let request: [UInt8]
    private let depth: Int
    private var lanes: [Lane]
    private let epoll: Descriptor
    private var buffer = [UInt8](repeating: 0, count: Connection.bufferSize)

    /// - Parameters:
    ///   - connections: how many.
    ///   - depth: requests under way on each; more than one is pipelining.
    init(_ address: Connection.Address, _ request: [UInt8], connections: Int, depth: Int = 1) throws {
        self.request = request
        self.depth = depth
        let number = bench_epoll_create()
        guard number >= 0 else { throw SystemError(errno: errno, "make an epoll") }
        epoll = Descriptor(adopting: number)
        lanes = try (0..<connections).map { _ in
            Lane(connection: try Connection(address), sent: [UInt64](repeating: 0, count: depth))
        }
        for (index, lane) in lanes.enumerated() {
            guard bench_epoll_add(number, lane.connection.socket, UInt32(index)) == 0 else {
                throw SystemError(errno: errno, "watch a connection")
            }
        }
    }

    /// So many requests over all connections, until each has been answered.
    func run(requests: Int) throws -> Round {
        var round = Round()
        var (toSend, toCome) = (requests, 0)
        let begun = Clock.now
        for index in lanes.indices where toSend > 0 {
            lanes[index].first = 0
            toCome += try send(min(depth, toSend), on: index, at: 0)
            toSend -= min(depth, toSend)
        }
        var ready = [UInt32](repeating: 0, count: 64)
        while toCome > 0 {
            let count = bench_epoll_wait(epoll.rawValue, &ready, 64, 20_000)
            guard count > 0 else { throw BenchError("no answer within 20 s with \(toCome) requests under way") }
            for tag in ready.prefix(Int(count)) {
                let index = Int(tag)
                let slot = lanes[index].first
                let answers = try receive(on: index, &round)
                toCome -= answers
                let next = min(answers, toSend)
                if next > 0 { toCome += try send(next, on: index, at: slot) }
                toSend -= next
            }
        }
        round.rate = Double(requests) / (Clock.microseconds(since: begun) / 1_000_000)
        return round
    }

    /// - Returns: how many answers came.
    private func receive(on index: Int, _ round: inout Round) throws -> Int {
        let connection = lanes[index].connection
        let answers = try connection.receive(into: &buffer) { try lanes[index].reader.take($0) }
        guard answers <= depth else { throw BenchError("\(depth) requests were answered \(answers) times") }
        let now = Clock.now
        for _ in 0..<answers {
            round.latencies.add(Double(now - lanes[index].sent[lanes[index].first]) / 1_000)
            lanes[index].first = (lanes[index].first + 1) % depth
        }
        return answers
    }

    /// Sends so many, whose places in `sent` begin with a slot: those of the answers that they follow.
    private func send(_ count: Int, on index: Int, at slot: Int) throws -> Int {
        let now = Clock.now
        for place in 0..<count { lanes[index].sent[(slot + place) % depth] = now }
        try lanes[index].connection.send(count == 1 ? request : Array([[UInt8]](repeating: request, count: count).joined()))
        return count
    }
}
