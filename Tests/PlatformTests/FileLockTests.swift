import CPlatform
import Glibc
import Platform
import Testing

@Suite struct FileLockTests {
    @Test func probeMakesNothingAndTakesNothing() throws {
        let home = try TemporaryHome()
        let run = try home.run()
        #expect(try FileLock.probe(in: run, name: "a.lock") == .absent)
        #expect(try run.list() == [])
        let lock = try #require(try FileLock.acquire(in: run, name: "a.lock"))
        #expect(try FileLock.probe(in: run, name: "a.lock") == .held)
        #expect(try FileLock.acquire(in: run, name: "a.lock") == nil)
        lock.release()
        #expect(try FileLock.probe(in: run, name: "a.lock") == .free)
        #expect(try FileLock.acquire(in: run, name: "a.lock") != nil)
    }

    @Test func lineIsReadAsWritten() throws {
        let home = try TemporaryHome()
        let run = try home.run()
        let lock = try #require(try FileLock.acquire(in: run, name: "a.lock"))
        #expect(try LockLine.read(in: run, name: "a.lock") == nil)
        let line = LockLine(try ProcessIdentity.current(), nonce: Nonce())
        try lock.writeLine(line)
        #expect(try LockLine.read(in: run, name: "a.lock") == line)
        #expect(line.process.isAlive)
    }

    @Test func socketIsReachedThroughItsName() throws {
        let home = try TemporaryHome()
        let run = try home.run()
        let (listener, identity) = try run.bindSocket("a.sock")
        #expect(identity.permissions == 0o600)
        let client = try run.connectSocket("a.sock")
        let served = Descriptor(adopting: rbee_accept(listener.rawValue))
        #expect(served.isOpen)
        try client.write(Array("hello".utf8))
        #expect(try served.read(upTo: 10) == Array("hello".utf8))
        #expect(failure { _ = try run.bindSocket("a.sock") }?.number == EADDRINUSE)
        #expect(try run.list() == ["a.sock"])
    }
}
