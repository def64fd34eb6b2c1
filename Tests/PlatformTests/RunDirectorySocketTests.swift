import CPlatform
import Glibc
import Platform
import Testing

@Suite struct RunDirectorySocketTests {
    let home: TemporaryHome

    init() throws {
        home = try TemporaryHome()
    }

    /// Connects, sends a word each way.
    private func converse(_ listener: Descriptor, _ client: Descriptor) throws {
        let served = Descriptor(adopting: rbee_accept(listener.rawValue))
        try #require(served.isOpen)
        try client.write(Array("hello".utf8))
        #expect(try served.read(upTo: 10) == Array("hello".utf8))
        let peer = try PeerCredentials.unix(served.rawValue)
        #expect(peer == PeerCredentials(pid: getpid(), uid: geteuid(), gid: getegid()))
    }

    @Test func socketIsReachedThroughItsName() throws {
        let run = try home.run()
        let (listener, identity) = try run.bindSocket("a.sock")
        #expect(identity.kind == .socket && identity.permissions == 0o600 && identity.owner == geteuid())
        #expect(try run.stat("a.sock") == identity)
        try converse(listener, try run.connectSocket("a.sock"))
        #expect(try run.list() == ["a.sock"])
        #expect(try run.unlink("a.sock", ifIdentity: identity))
        #expect(failure { _ = try run.connectSocket("a.sock") }?.number == ENOENT)
    }

    @Test(arguments: [50, 103, 107, 108, 109, 250, 400]) func pathsOfAnyLength(length: Int) throws {
        var path = home.path
        while length - path.utf8.count > 40 { path += "/" + String(repeating: "ü", count: 15) }
        path += "/" + String(repeating: "x", count: max(1, length - path.utf8.count - 1))
        #expect(path.utf8.count == max(length, home.path.utf8.count + 2))
        let run = try RunDirectory.make(path)
        let name = String(repeating: "i", count: 63) + ".sock"
        let (listener, identity) = try run.bindSocket(name)
        try converse(listener, try run.connectSocket(name))
        // The way for others in this process, who want a path.
        let client = Descriptor(adopting: rbee_unix_stream())
        let address = Array(run.procPath(name).utf8)
        #expect(rbee_unix_connect(client.rawValue, address, address.count) == 0)
        try converse(listener, client)
        #expect(try run.unlink(name, ifIdentity: identity))
        #expect(try run.list() == [])
    }

    @Test func namesOfAnyLengthAreBoundAndReached() throws {
        let run = try home.run()
        let name = String(repeating: "ü", count: 127)
        let (listener, _) = try run.bindSocket(name)
        try converse(listener, try run.connectSocket(name))
    }

    @Test func whatIsThereIsNotReplacedUnlessAsked() throws {
        let run = try home.run()
        let (first, identity) = try run.bindSocket("a.sock")
        #expect(failure { _ = try run.bindSocket("a.sock") }?.number == EADDRINUSE)
        try converse(first, try run.connectSocket("a.sock"))
        #expect(try run.stat("a.sock") == identity)
        first.close()
        #expect(eventually { failure { _ = try run.connectSocket("a.sock") }?.number == ECONNREFUSED })
        #expect(failure { _ = try run.bindSocket("a.sock") }?.number == EADDRINUSE)
        let (second, _) = try run.bindSocket("a.sock", replacing: true)
        try converse(second, try run.connectSocket("a.sock"))
        #expect(try run.unlink("a.sock", ifIdentity: identity) == false, "the first one's identity does not remove the second")
        #expect(try run.list() == ["a.sock"])
    }

    @Test func onlySocketsAreReplaced() throws {
        let run = try home.run()
        try run.writeAtomically("file", [1])
        mkdir("\(run.path)/directory", 0o700)
        symlink("file", "\(run.path)/link")
        for name in ["file", "directory", "link"] {
            #expect(failure { _ = try run.bindSocket(name, replacing: true) }?.number == EADDRINUSE, "\(name)")
            #expect(try run.stat(name) != nil)
        }
        #expect(try run.read("file") == [1])
        #expect(try run.list().count == 3)
    }

    @Test func linksAndFilesAreNotConnectedTo() throws {
        let run = try home.run()
        _ = try run.bindSocket("a.sock")
        symlink("a.sock", "\(run.path)/link")
        try run.writeAtomically("file", [])
        #expect(failure { _ = try run.connectSocket("link") }?.number == ENOTSOCK)
        #expect(failure { _ = try run.connectSocket("file") }?.number == ENOTSOCK)
    }

    @Test func fullQueueIsToldAtOnce() throws {
        let run = try home.run()
        let (listener, _) = try run.bindSocket("a.sock", backlog: 0)
        var clients: [Descriptor] = []
        let error = failure { for _ in 0..<100 { clients.append(try run.connectSocket("a.sock")) } }
        #expect(error?.number == EAGAIN && !clients.isEmpty && listener.isOpen)
    }
}
