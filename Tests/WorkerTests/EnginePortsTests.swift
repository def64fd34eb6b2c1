import Glibc
import Platform
import Testing

@testable import Worker

@Suite struct EnginePortsTests {
    private func ports(_ directory: TemporaryDirectory) throws -> EnginePorts {
        EnginePorts(directory: try RunDirectory.make(directory.path))
    }

    @Test func aReservedPortIsNotGivenOutTwice() throws {
        let directory = try TemporaryDirectory()
        let first = try ports(directory).reserve()
        #expect(EnginePorts.range.contains(first.number))
        let second = try ports(directory).reserve(from: first.number)
        #expect(second.number != first.number)
        first.release()
        second.release()
        // Free again: looked at from the same place, the first is found.
        #expect(try ports(directory).reserve(from: first.number).number == first.number)
    }

    @Test func droppingAReservationFreesIt() throws {
        let directory = try TemporaryDirectory()
        let ports = try ports(directory)
        let number = try ports.reserve().number
        #expect(try ports.reserve(from: number).number == number)
    }

    @Test func aPortThatAStrangerHasIsPassedOver() throws {
        let directory = try TemporaryDirectory()
        let ports = try ports(directory)
        let stranger = try Listener()
        #expect(!EnginePorts.canBind(stranger.port))
        #expect(try ports.reserve(from: stranger.port).number != stranger.port)
        #expect(try ports.reserve(from: 20000, except: [20000]).number != 20000)
    }

    @Test func afterTheLastComesTheFirst() throws {
        let directory = try TemporaryDirectory()
        let port = try ports(directory).reserve(from: 29999, except: [29999])
        #expect(EnginePorts.range.contains(port.number))
    }

    /// A listener on a port of the kernel's choice.
    private final class Listener {
        let port: Int
        private let descriptor: Int32

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let done = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard done else { throw SystemError(errno: errno, "listen") }
            port = Int(UInt16(bigEndian: address.sin_port))
        }

        deinit { close(descriptor) }
    }
}
