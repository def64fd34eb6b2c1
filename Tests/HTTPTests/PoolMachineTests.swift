import Testing

@testable import HTTP

/// The pool's machine; connections are letters.
@Suite struct PoolMachineTests {
    var pool = HTTPPoolMachine<String>(limit: 2, idleLimit: 1)

    @Test mutating func `a connection that is free is used again, the last one first`() {
        var pool = HTTPPoolMachine<String>(limit: 3, idleLimit: 3)
        #expect(pool.acquire(1) == .open)
        #expect(pool.acquire(2) == .open)
        #expect(pool.released("a") == .keep)
        #expect(pool.released("b") == .keep)
        #expect(pool.acquire(3) == .use("b"))
        #expect(pool.acquire(4) == .use("a"))
        #expect(pool.open == 2)
    }

    @Test mutating func `a fresh connection is not one that is free`() {
        #expect(pool.acquire(1) == .open)
        #expect(pool.released("a") == .keep)
        #expect(pool.acquire(2, fresh: true) == .open)
    }

    @Test mutating func `beyond the limit requests wait, first come first served`() {
        #expect(pool.acquire(1) == .open)
        #expect(pool.acquire(2) == .open)
        #expect(pool.acquire(3) == .wait)
        #expect(pool.acquire(4) == .wait)
        #expect(pool.released("a") == .give(3))
        #expect(pool.released("a") == .give(4))
        #expect(pool.released("a") == .keep)
        #expect(pool.open == 2)
    }

    @Test mutating func `a fresh connection takes the place of one that lies idle, the one used longest ago`() {
        var pool = HTTPPoolMachine<String>(limit: 2, idleLimit: 2)
        #expect(pool.acquire(1) == .open)
        #expect(pool.acquire(2) == .open)
        #expect(pool.released("a") == .keep)
        #expect(pool.released("b") == .keep)
        #expect(pool.acquire(3, fresh: true) == .replace("a"))
        #expect(pool.open == 2)
        #expect(pool.idle == ["b"])
        #expect(pool.acquire(4) == .use("b"))
        #expect(pool.acquire(5, fresh: true) == .wait)
    }

    @Test mutating func `a connection that closes makes room for who waits`() {
        #expect(pool.acquire(1) == .open)
        #expect(pool.acquire(2) == .open)
        #expect(pool.acquire(3) == .wait)
        #expect(pool.closed("a") == 3)
        #expect(pool.closed(nil) == nil)
        #expect(pool.open == 1)
    }

    @Test mutating func `who gives up is passed over`() {
        #expect(pool.acquire(1) == .open)
        #expect(pool.acquire(2) == .open)
        #expect(pool.acquire(3) == .wait)
        #expect(pool.acquire(4) == .wait)
        pool.gaveUp(3)
        #expect(pool.released("a") == .give(4))
    }

    @Test mutating func `more idle connections than allowed are closed`() {
        #expect(pool.acquire(1) == .open)
        #expect(pool.acquire(2) == .open)
        #expect(pool.released("a") == .keep)
        #expect(pool.released("b") == .close)
        #expect(pool.open == 1)
    }

    @Test mutating func `an idle connection that closes is not used`() {
        #expect(pool.acquire(1) == .open)
        #expect(pool.released("a") == .keep)
        #expect(pool.closed("a") == nil)
        #expect(pool.open == 0)
        #expect(pool.acquire(2) == .open)
    }
}
