internal import Glibc
internal import Platform

/// Reserves ports for engines, from a range outside the kernel's own choices.
///
/// A reservation is a lock on a file named like the port, so that no two workers of one user give out the same one, and it ends
/// with the worker however that dies. That the port can be bound is tried as well, since strangers know nothing of our locks.
struct EnginePorts: Sendable {
    /// Where ports are taken from.
    static let range = 20000...29999
    /// How many are looked at before giving up.
    private static let mostLooked = 200

    private let directory: RunDirectory

    /// - Parameter directory: `run/ports`.
    init(directory: RunDirectory) {
        self.directory = directory
    }

    /// Reserves a port that can be bound now.
    ///
    /// - Parameters:
    ///   - first: where to begin to look; at random if nil.
    ///   - refused: ports not to take.
    func reserve(from first: Int? = nil, except refused: Set<Int> = []) throws(EngineError) -> EnginePort {
        var candidate = first ?? Int.random(in: Self.range)
        for _ in 0..<Self.mostLooked {
            defer { candidate = candidate >= Self.range.upperBound ? Self.range.lowerBound : candidate + 1 }
            guard !refused.contains(candidate) else { continue }
            let lock: FileLock?
            do {
                lock = try FileLock.acquire(in: directory, name: "\(candidate).lock")
            } catch {
                throw EngineError(.noPort, "no port can be reserved for the engine: \(error.message)", underlying: error)
            }
            guard let lock else { continue }
            if Self.canBind(candidate) { return EnginePort(number: candidate, lock: lock) }
            lock.release()
        }
        throw EngineError(
            .noPort,
            "no free port for the engine: \(Self.mostLooked) of \(Self.range.lowerBound) to \(Self.range.upperBound) were tried, and all are "
                + "reserved or taken"
        )
    }

    /// Whether a server could listen on this port of the loopback address now.
    static func canBind(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var on: Int32 = 1
        // As a server would: what lingers of an earlier one is no hindrance, one that listens is.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// A reserved port; free again once released or dropped.
final class EnginePort: Sendable {
    let number: Int
    private let lock: FileLock

    init(number: Int, lock: FileLock) {
        self.number = number
        self.lock = lock
    }

    func release() {
        lock.release()
    }
}
