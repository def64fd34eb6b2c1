import Glibc
import Platform
import Testing

extension LauncherTests {
    /// What last.json holds.
    @Suite struct Record {
        let home: TemporaryHome
        let run: RunDirectory
        let nonce = Nonce()

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
        }

        private func end(of script: String) throws -> LastEnd {
            let launcher = try Launcher(.shell("w", script).daemon(in: run, "w", nonce: nonce))
            _ = try launcher.startedPID()
            _ = try launcher.report()
            return try #require(try LastEnd.read(run, "w"))
        }

        @Test func outputOfBothStreams() throws {
            let before = Int64(time(nil))
            let last = try end(of: "echo one; echo two >&2; exit 4")
            #expect(last.output == "one\ntwo\n" && last.exit == 4 && last.signal == nil && last.stage == nil)
            #expect((before...Int64(time(nil))).contains(last.endedAt))
            #expect(try run.stat("w.last.json")?.permissions == 0o600)
            #expect(try run.list() == ["w.last.json", "w.lock", "w.out"])
            // Nothing is left of writing it.
            try run.sweepTemporaries()
            #expect(try RunDirectory.open(run.path, create: false)?.list().count == 3)
        }

        @Test func aProgramThatHasToldOfItsEndItselfIsBelieved() throws {
            let said = #"{"nonce":"\#(nonce.text)","pid":1,"exit":0,"output":"bye","ended_at":1,"served":true}"#
            #expect(try end(of: "echo '\(said)' > \(run.path)/w.last.json; exit 5").output == "bye")
            let another = said.replacing(nonce.text, with: Nonce().text)
            #expect(try end(of: "echo '\(another)' > \(run.path)/w.last.json; exit 5").exit == 5)
        }

        @Test func onlyTheLastOfMuch() throws {
            let last = try end(of: "seq 1 20000")
            #expect(last.output.utf8.count == 65536 && last.output.hasSuffix("\n19999\n20000\n"))
        }

        @Test func whateverIsWrittenIsJSON() throws {
            let last = try end(of: #"printf '"\\ \t\001\033 \377\300\257 \303 ü ✓ 😀 \355\240\200 \364\220\200\200 \177 end'"#)
            #expect(last.output == "\"\\ \t\u{1}\u{1B} ??? ? ü ✓ 😀 ??? ???? \u{7F} end")
        }

        @Test(arguments: [1, 2, 3])
        func aCharacterCutInHalfIsLeftOut(offset: Int) throws {
            let last = try end(of: "yes 😀 | tr -d '\\n' | head -c 80000; printf '%\(offset)s'")
            #expect(last.output.utf8.count > 65530 && last.output.utf8.count <= 65536)
            #expect(!last.output.contains("?") && last.output.hasPrefix("😀"))
        }

        @Test func aNewStartBeginsANewOutput() throws {
            _ = try end(of: "echo first")
            #expect(try end(of: "echo second").output == "second\n")
        }

        @Test func outputThatWasEmptiedByOthersGoesOnFromItsBeginning() throws {
            let last = try end(of: "echo first; : > \(run.path)/w.out; echo second")
            #expect(last.output == "second\n")
            #expect(try run.read("w.out") == Array("second\n".utf8))
        }

        @Test func aFolderThatIsGoneDoesNotKeepTheLock() throws {
            let launcher = try Launcher(
                .shell("w", "exit 2").with("nonce", nonce.text).with("lock", "\(run.path)/w.lock").with("last", "/nonexistent/w.last.json"))
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("w", 2))
            #expect(try FileLock.probe(in: run, name: "w.lock") == .free)
        }
    }
}
