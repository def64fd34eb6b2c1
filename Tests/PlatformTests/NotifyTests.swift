import CPlatform
import Glibc
import Platform
import Testing

@Suite struct NotifyTests {
    @Test func messagesArriveWithTheirSender() throws {
        let nonce = Nonce()
        let socket = try NotifySocket(nonce: nonce)
        #expect(socket.address == "@rbee-\(nonce)")
        #expect(try socket.receive() == nil)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": socket.address]))
        #expect(notifier.ready() && notifier.extendTimeout(by: .milliseconds(1500)) && notifier.stopping() && notifier.watchdog())
        #expect(notifier.status("loading\nmodel") && notifier.send("A=1\nB=x=y\nnoise\n=z\nC=\n"))
        #expect(rbee_poll_readable(socket.descriptor, 0) == 1)
        let first = try #require(try socket.receive())
        #expect(first.pid == getpid() && first.uid == geteuid() && first.assignments == ["READY": "1", "MAINPID": "\(getpid())"])
        #expect(try socket.receive()?.assignments == ["EXTEND_TIMEOUT_USEC": "1500000"])
        #expect(try socket.receive()?.assignments == ["STOPPING": "1"])
        #expect(try socket.receive()?.assignments == ["WATCHDOG": "1"])
        #expect(try socket.receive()?.assignments == ["STATUS": "loading model"])
        #expect(try socket.receive()?.assignments == ["A": "1", "B": "x=y", "C": ""])
        #expect(try socket.receive() == nil)
    }

    @Test func oneListensPerNonce() throws {
        let nonce = Nonce()
        let first = try NotifySocket(nonce: nonce)
        #expect(failure { _ = try NotifySocket(nonce: nonce) }?.number == EADDRINUSE)
        withExtendedLifetime(first) {}
    }

    @Test func nobodyThereIsNoError() throws {
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "@rbee-\(Nonce())"]))
        #expect(notifier.ready() == false)
        #expect(ServiceNotifier(environment: [:]) == nil)
        for address in ["", "@", "/", "relative", "vsock:2:1234"] {
            #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET": address]) == nil)
        }
        let long = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "a", count: 200)]))
        #expect(long.ready() == false)
    }

    @Test func socketsInTheFileSystemWorkToo() throws {
        let home = try TemporaryHome()
        let socket = Descriptor(adopting: rbee_unix_datagram())
        let path = "\(home.path)/notify"
        #expect(rbee_unix_bind(socket.rawValue, path, path.utf8.count) == 0)
        #expect(try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": path])).ready())
        #expect(try socket.read(upTo: 100) == Array("READY=1\nMAINPID=\(getpid())".utf8))
    }

    @Test func aFullQueueDoesNotHoldUpTheDaemon() throws {
        let socket = try NotifySocket(nonce: Nonce())
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": socket.address]))
        var taken = 0
        while taken < 100_000, notifier.watchdog() { taken += 1 }
        #expect((1..<100_000).contains(taken))
    }

    @Test func tooLongAMessageIsDropped() throws {
        let socket = try NotifySocket(nonce: Nonce())
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": socket.address]))
        #expect(notifier.send("READY=1\n" + String(repeating: "x", count: 20000)) && notifier.send("LATER=1"))
        #expect(try socket.receive()?.assignments == ["LATER": "1"])
    }

    @Test func descriptorsSentAlongAreClosed() throws {
        let nonce = Nonce()
        let socket = try NotifySocket(nonce: nonce)
        let (reader, writer) = try Descriptor.pipe(nonBlocking: true)
        try send(writer.rawValue, to: nonce)
        writer.close()
        #expect(try reader.read(upTo: 1) == nil, "in flight, it is open")
        #expect(try socket.receive()?.assignments == ["FDSTORE": "1"])
        #expect(try eventually { try reader.read(upTo: 1) == [] }, "received, it is closed")
    }

    @Test func anotherUsersMessageIsDropped() throws {
        guard geteuid() == 0 else { return }
        let nonce = Nonce()
        let socket = try NotifySocket(nonce: nonce)
        let script =
            "use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0); send(S, 'READY=1', 0, pack('Sa*', AF_UNIX, qq(\\0rbee-\(nonce)))) or exit 5"
        let stranger = try Child(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", script])
        #expect(try stranger.watch.reap(waiting: true) == .exit(0), "it was sent")
        #expect(rbee_poll_readable(socket.descriptor, 0) == 1, "it has arrived")
        #expect(try socket.receive() == nil)
        let own = try Child(["perl", "-e", script])
        #expect(try own.watch.reap(waiting: true) == .exit(0))
        #expect(try socket.receive()?.pid == own.pid)
    }

    /// Sends a message with a descriptor: a header of 16 bytes, the descriptor, four bytes of padding.
    private func send(_ descriptor: Int32, to nonce: Nonce) throws {
        let sender = Descriptor(adopting: rbee_unix_datagram())
        let name = [UInt8(0)] + Array("rbee-\(nonce)".utf8)
        try #require(rbee_unix_connect(sender.rawValue, name, name.count) == 0)
        var control = [UInt64](repeating: 0, count: 3)
        control[0] = 20
        control[1] = UInt64(SOL_SOCKET) | 1 << 32
        control[2] = UInt64(descriptor)
        var text = Array("FDSTORE=1".utf8)
        let sent = text.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { header in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { parts in
                    var message = msghdr()
                    message.msg_iov = parts
                    message.msg_iovlen = 1
                    message.msg_control = header.baseAddress
                    message.msg_controllen = header.count
                    return sendmsg(sender.rawValue, &message, 0)
                }
            }
        }
        try #require(sent == text.count)
    }
}
