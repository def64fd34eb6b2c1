import CPlatform
import Glibc
import Platform
import Testing

/// A listening TCP socket on a port the kernel picks.
private struct Listener {
    let descriptor: Descriptor
    let address: SocketAddress

    init(ipv6: Bool = false, any: Bool = false) throws {
        descriptor = Descriptor(adopting: socket(ipv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        let number = descriptor.rawValue
        try #require(rbee_set_cloexec(number, 1) >= 0)
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_addr.s_addr = any ? 0 : UInt32(0x7F00_0001).bigEndian
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_addr = any ? in6addr_any : in6addr_loopback
        let bound = ipv6 ? Self.call(&six) { Glibc.bind(number, $0, $1) } : Self.call(&four) { Glibc.bind(number, $0, $1) }
        guard bound == 0, listen(number, 16) == 0 else { throw SystemError(errno: errno, "listen") }
        address = try #require(SocketAddress.local(of: number))
    }

    /// A connection to 127.0.0.1 or ::1, at both its ends.
    func connection(ipv6: Bool = false) throws -> (client: Descriptor, served: Descriptor) {
        let client = Descriptor(adopting: socket(ipv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        let number = client.rawValue
        try #require(rbee_set_cloexec(number, 1) >= 0)
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = address.port.bigEndian
        four.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = address.port.bigEndian
        six.sin6_addr = in6addr_loopback
        let made = ipv6 ? Self.call(&six) { connect(number, $0, $1) } : Self.call(&four) { connect(number, $0, $1) }
        guard made == 0 else { throw SystemError(errno: errno, "connect") }
        return (client, try accepted())
    }

    func accepted() throws -> Descriptor {
        let number = rbee_accept(descriptor.rawValue)
        guard number >= 0 else { throw SystemError(errno: errno, "accept") }
        return Descriptor(adopting: number)
    }

    private static func call<Address>(_ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
        }
    }
}

@Suite struct PeerCredentialsTests {
    @Test func userOfALoopbackConnection() throws {
        let (client, served) = try Listener().connection()
        #expect(try PeerCredentials.tcpUser(of: served.rawValue) == geteuid())
        #expect(try PeerCredentials.tcpUser(of: client.rawValue) == geteuid())
        let local = try #require(SocketAddress.local(of: served.rawValue))
        let remote = try #require(SocketAddress.remote(of: served.rawValue))
        #expect(SocketAddress.local(of: client.rawValue) == remote && local.isLoopback)
        let entry = try #require(try TCPTable.connection(local: remote, remote: local))
        let inode = try client.identity().inode
        #expect(entry.uid == geteuid() && entry.inode == inode && entry.state == 1)
    }

    @Test func sixAndFourWithinSix() throws {
        guard let listener = try? Listener(ipv6: true, any: true) else { return }
        let (client, served) = try listener.connection(ipv6: true)
        #expect(try PeerCredentials.tcpUser(of: served.rawValue) == geteuid())
        #expect(SocketAddress.remote(of: served.rawValue)?.bytes.count == 16 && client.isOpen)
        // A socket of IPv6 that was reached by IPv4: its peer's socket is one of IPv4.
        let (second, wrapped) = try listener.connection(ipv6: false)
        #expect(SocketAddress.remote(of: wrapped.rawValue)?.bytes == [127, 0, 0, 1] && second.isOpen)
        #expect(try PeerCredentials.tcpUser(of: wrapped.rawValue) == geteuid())
    }

    @Test func aClosedPeerIsNobodyRatherThanRoot() throws {
        let (client, served) = try Listener().connection()
        client.close()
        #expect(try eventually { try PeerCredentials.tcpUser(of: served.rawValue) == nil })
    }

    @Test func nobodyAtAll() throws {
        let here = try #require(SocketAddress(host: "127.0.0.1", port: 1))
        let there = try #require(SocketAddress(host: "127.0.0.1", port: 2))
        #expect(try PeerCredentials.tcpUser(local: here, remote: there) == nil)
        #expect(try PeerCredentials.tcpUser(local: here, remote: try #require(SocketAddress(host: "::1", port: 2))) == nil)
        let (reader, _) = try Descriptor.pipe()
        #expect(try PeerCredentials.tcpUser(of: reader.rawValue) == nil)
    }

    @Test func anotherUserIsSeenAsOne() throws {
        guard geteuid() == 0 else { return }
        let listener = try Listener()
        let script = "exec 3<>/dev/tcp/127.0.0.1/\(listener.address.port) && read line <&3"
        let stranger = try Child(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", script])
        let served = try listener.accepted()
        #expect(try PeerCredentials.tcpUser(of: served.rawValue) == 65534)
        let local = try #require(SocketAddress.local(of: served.rawValue))
        let remote = try #require(SocketAddress.remote(of: served.rawValue))
        #expect(try TCPTable.connection(local: remote, remote: local)?.uid == 65534)
        #expect(!stranger.watch.hasExited)
    }
}

@Suite struct PortHolderTests {
    @Test func weAreFoundAndNamed() throws {
        let listener = try Listener()
        let holder = try #require(try PortHolder.of(port: listener.address.port))
        #expect(holder.pid == getpid() && holder.uid == geteuid() && holder.address == listener.address)
        #expect(holder.description.hasPrefix("process \(getpid()) (") && holder.program?.isEmpty == false)
        listener.descriptor.close()
        #expect(try eventually { try PortHolder.of(port: listener.address.port) == nil })
    }

    @Test func whoListensOnAllOrOnSixToo() throws {
        let all = try Listener(any: true)
        #expect(try PortHolder.of(port: all.address.port, host: "127.0.0.1")?.pid == getpid())
        guard let six = try? Listener(ipv6: true) else { return }
        #expect(try PortHolder.of(port: six.address.port)?.address == six.address)
    }

    /// The kernel's answer and its table tell the same.
    @Test func whoIsAskedAndWhatIsReadAgree() throws {
        let (one, all) = (try Listener(), try Listener(any: true))
        for listener in [one, all] {
            let port = listener.address.port
            let read = try TCPTable.entries(
                where: { $0.state == TCPTable.Entry.listening && $0.local.port == port },
                until: { $0.state != TCPTable.Entry.listening })
            let asked = try TCPTable.listeners(on: port)
            let inode = try listener.descriptor.identity().inode
            #expect(asked == read && asked.map(\.inode) == [inode])
            #expect(PortHolder.isHeld(port: port, by: getpid()) && !PortHolder.isHeld(port: port, by: getppid()))
        }
        one.descriptor.close()
        #expect(try TCPTable.listeners(on: one.address.port).isEmpty)
    }

    @Test func connectionsAreNotListeners() throws {
        let listener = try Listener()
        let (client, _) = try listener.connection()
        let port = try #require(SocketAddress.local(of: client.rawValue)).port
        #expect(try PortHolder.of(port: port) == nil)
    }

    @Test func othersAreDescribed() throws {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 7833))
        #expect(PortHolder(address: address, uid: 12345).description == "a process of another user (12345)")
        #expect(PortHolder(address: address, uid: geteuid()).description.contains("cannot be seen"))
        #expect(PortHolder(address: address, uid: 0, pid: 4711, program: "python3").description == "process 4711 (python3)")
    }

    @Test func anotherUsersProcessIsNamedToRoot() throws {
        guard geteuid() == 0 else { return }
        let (reader, writer) = try Descriptor.pipe()
        let script =
            "use Socket; $| = 1; socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, 1); "
            + "my ($p) = sockaddr_in(getsockname(S)); print qq($p\\n); sleep 1000"
        let stranger = try Child(["setpriv", "--reuid=65534", "--clear-groups", "perl", "-e", script], output: writer.rawValue)
        let line = try #require(try reader.read(upTo: 100))
        let port = try #require(UInt16(String(decoding: line.dropLast(), as: UTF8.self)))
        let holder = try #require(try PortHolder.of(port: port))
        #expect(holder.pid == stranger.pid && holder.uid == 65534 && holder.program == "perl")
    }
}

@Suite struct TCPTableTests {
    @Test func linesOfTheKernel() throws {
        let four =
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 54321 1 0000000000000000 100 0 0 10 0"
        let entry = try #require(TCPTable.Entry(line: four))
        #expect(
            entry.local.description == "127.0.0.1:8080" && entry.remote.isAny && entry.state == 10 && entry.uid == 1000
                && entry.inode == 54321)
        let six =
            "   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1"
        #expect(try #require(TCPTable.Entry(line: six)).local.description == "[::1]:8080")
        let wrapped = six.replacing("00000000000000000000000001000000", with: "0000000000000000FFFF00000100007F")
        #expect(try #require(TCPTable.Entry(line: wrapped)).local.description == "127.0.0.1:8080")
        for text in [
            "", "sl local_address", four.replacing("1F90", with: "1F900"), four.replacing("0100007F", with: "0100007"),
            four.replacing("0A", with: "zz"),
        ] {
            #expect(TCPTable.Entry(line: text) == nil, "\(text)")
        }
    }

    @Test func addresses() throws {
        #expect(
            SocketAddress(host: "127.0.0.1", port: 80)?.isLoopback == true && SocketAddress(host: "127.9.9.9", port: 80)?.isLoopback == true
        )
        #expect(SocketAddress(host: "::1", port: 80)?.isLoopback == true && SocketAddress(host: "::2", port: 80)?.isLoopback == false)
        #expect(SocketAddress(host: "::ffff:127.0.0.1", port: 80) == SocketAddress(host: "127.0.0.1", port: 80))
        #expect(SocketAddress(host: "0.0.0.0", port: 80)?.isAny == true && SocketAddress(host: "10.0.0.1", port: 80)?.isLoopback == false)
        for host in ["", "localhost", "1.2.3", "256.1.1.1", "::g"] { #expect(SocketAddress(host: host, port: 80) == nil) }
        #expect(SocketAddress(host: "::1", port: 65536) == nil && SocketAddress(host: "::1", port: -1) == nil)
        #expect(SocketAddress(bytes: [1, 2, 3], port: 1) == nil)
    }
}
