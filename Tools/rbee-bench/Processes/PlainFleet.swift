internal import BenchReport
internal import Glibc
internal import Platform

/// So many plain programs, each on a port of its own.
struct PlainFleet: Sendable {
    let program: String
    let ports: [UInt16]

    /// - Parameter from: the first port that is tried; none is given out twice by fleets that begin where the last one ended.
    init(program: String, count: Int, from first: inout UInt16) throws {
        self.program = program
        var ports: [UInt16] = []
        while ports.count < count {
            guard first < Self.lastPort else { throw BenchError("there are no \(count) free ports below \(Self.lastPort)") }
            if Self.isFree(first) { ports.append(first) }
            first += 1
        }
        self.ports = ports
    }

    /// Below the range out of which the kernel gives ports to connections.
    static let firstPort: UInt16 = 21_000
    private static let lastPort: UInt16 = 32_000

    private static func isFree(_ port: UInt16) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }

    /// What a hive is to know of them.
    var configuration: String {
        let entries = ports.enumerated().map { index, port in
            "  p\(index): {command: [\(program), \"\(port)\"], health: \"http://127.0.0.1:\(port)/health\"}\n"
        }
        return "processes:\n" + entries.joined()
    }

    private struct Answer: Decodable {
        let pid: Int32
    }

    /// Who answers at a port; nil when nobody does.
    static func pid(at port: UInt16) -> Int32? {
        (try? HTTPQuestion.json(Answer.self, "/health", at: .tcp(port: port)))?.pid
    }

    /// Waits until somebody answers at a port, and that is not who was there before.
    ///
    /// - Returns: who that is.
    @discardableResult
    static func wait(for port: UInt16, otherThan before: Int32? = nil) throws -> Int32 {
        let begun = Clock.now
        while Clock.milliseconds(since: begun) < 30_000 {
            if let pid = pid(at: port), pid != before { return pid }
            usleep(200)
        }
        throw BenchError("nobody answers at port \(port) within 30 s")
    }

    /// Asks all of them.
    func pids() throws -> [Int32] {
        try ports.map { port in
            guard let pid = Self.pid(at: port) else { throw BenchError("the program at port \(port) was said to run, and does not answer") }
            return pid
        }
    }
}
