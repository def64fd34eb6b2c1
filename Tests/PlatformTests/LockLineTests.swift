import Glibc
import Platform
import Testing

@Suite struct LockLineTests {
    static let good = "4711 123456 6f1c1d9a-0b1c-4d5e-8f90-a1b2c3d4e5f6 4026531836 0123456789abcdef0123456789abcdef\n"

    let home: TemporaryHome
    let run: RunDirectory

    init() throws {
        home = try TemporaryHome()
        run = try home.run()
    }

    @Test func lineIsReadAsWritten() throws {
        let line = try #require(LockLine(Self.good))
        #expect(line.pid == 4711 && line.startTicks == 123456 && line.pidNamespace == 4_026_531_836)
        #expect(line.bootID == "6f1c1d9a-0b1c-4d5e-8f90-a1b2c3d4e5f6" && line.nonce.text == "0123456789abcdef0123456789abcdef")
        #expect(line.text == Self.good)
        #expect(try line.process.liveness() == .dead)
    }

    @Test func holderWritesItOverWhatWasThere() throws {
        let lock = try #require(try FileLock.acquire(in: run, name: "a.lock"))
        #expect(try LockLine.read(in: run, name: "a.lock") == nil)
        for _ in 0..<3 {
            let line = LockLine(try ProcessIdentity.current(), nonce: Nonce())
            try lock.writeLine(line)
            #expect(try LockLine.read(in: run, name: "a.lock") == line)
            #expect(line.process.isAlive)
        }
    }

    @Test(arguments: [
        "", "\n", " ", "4711", "4711\n", good + good, good + "\n", " " + good, String(good.dropLast()), good.replacing("\n", with: " \n"),
        good.replacing(" ", with: "  "), good.replacing(" ", with: "\t"), good.replacing("\n", with: "\r\n"),
        good.replacing("4711", with: "04711"),
        good.replacing("4711", with: "+4711"), good.replacing("4711", with: "-4711"), good.replacing("4711", with: "0"),
        good.replacing("4711", with: "2147483648"), good.replacing("4711", with: "99999999999999999999"), good.replacing("4711", with: ""),
        good.replacing("4711", with: "47 11"), good.replacing("123456", with: "-1"), good.replacing("123456", with: "18446744073709551616"),
        good.replacing("6f1c", with: "6F1C"), good.replacing("6f1c", with: "6f1"), good.replacing("-", with: ""),
        good.replacing("4026531836", with: "0"), good.replacing("4026531836", with: "x"), good.replacing("cdef\n", with: "cde\n"),
        good.replacing("cdef\n", with: "cdef0\n"), good.replacing("cdef\n", with: "cdeg\n"), good.replacing("cdef\n", with: "CDEF\n"),
        good.replacing("4711", with: "４７１１"), good.replacing("4711", with: "4\0711"), "{}\n", String(repeating: "1", count: 300) + "\n",
    ]) func anythingElseIsNoLine(text: String) {
        #expect(LockLine(text) == nil)
    }

    @Test func aLineStillBeingWrittenIsNotYetThere() throws {
        for length in 0..<Self.good.utf8.count {
            try run.writeAtomically("a.lock", Array(Self.good.utf8.prefix(length)))
            #expect(try LockLine.read(in: run, name: "a.lock") == nil, "\(length) bytes")
        }
        #expect(try LockLine.read(in: run, name: "absent") == nil)
    }

    @Test(arguments: [
        [UInt8]("rubbish\n".utf8), [0, 0, 0, 0], [0xFF, 0xFE], Array(String(repeating: "1", count: 1000).utf8), Array("1 2 3 4 5\n".utf8),
        Array((good + good).utf8),
    ]) func rubbishIsReported(bytes: [UInt8]) throws {
        try run.writeAtomically("a.lock", bytes)
        let error = try #require(failure { _ = try LockLine.read(in: run, name: "a.lock") })
        #expect(error.code == .corrupt && error.path == "\(run.path)/a.lock" && error.message.contains("a.lock"))
    }

    @Test func noncesAreRandomAndStrict() {
        let many = Set((0..<1000).map { _ in Nonce() })
        #expect(many.count == 1000)
        #expect(many.allSatisfy { Nonce($0.text) == $0 && $0.text.utf8.count == 32 })
        for text in ["", "0", String(repeating: "0", count: 31), String(repeating: "0", count: 33), String(repeating: "G", count: 32)] {
            #expect(Nonce(text) == nil)
        }
        #expect(Nonce("0123456789ABCDEF0123456789ABCDEF") == nil)
    }
}
