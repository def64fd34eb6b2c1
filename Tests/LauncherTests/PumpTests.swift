import Glibc
import Platform
import Testing

extension LauncherTests {
    /// The output of guarded programs.
    @Suite struct Pump {
        let home: TemporaryHome
        let run: RunDirectory

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
        }

        private func guarded(_ script: String) -> Spec {
            Spec.shell("e", script).with("guard", "1").with("nonce", Nonce().text).with("last", "\(run.path)/e.last.json")
                .with("log", "\(run.path)/e.log")
        }

        /// Runs a script to its end and returns its log.
        private func log(of script: String) throws -> String {
            let launcher = try Launcher(guarded(script))
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("e", 0))
            return try text("e.log")
        }

        private func text(_ name: String) throws -> String {
            String(decoding: try run.read(name, limit: 64 << 20) ?? [], as: UTF8.self)
        }

        @Test func linesArriveAsTheyAre() throws {
            #expect(try log(of: "echo one; echo two >&2; echo; echo three") == "one\ntwo\n\nthree\n")
            #expect(try LastEnd.read(run, "e")?.output == "one\ntwo\n\nthree\n")
            #expect(try run.stat("e.log")?.permissions == 0o600)
        }

        @Test func repeatsAreToldOnce() throws {
            let text = try log(
                of: "echo a; for n in 1 2 3 4; do echo same; done; echo b; echo b; echo c; yes x | head -100000; yes '' | head -9")
            let expected = """
                a
                same
                (last line repeated 3 times)
                b
                b
                c
                x
                (last line repeated 99999 times)

                (last line repeated 8 times)

                """
            #expect(text == expected)
        }

        @Test func anUnfinishedLineIsKept() throws {
            #expect(try log(of: "printf 'no end'") == "no end\n")
        }

        @Test func longLinesAreKeptWhole() throws {
            let text = try log(
                of: "for n in 1 2; do head -c 100000 /dev/zero | tr '\\0' x; echo; done; head -c 8192 /dev/zero | tr '\\0' y; echo; echo z")
            let long = String(repeating: "x", count: 100_000)
            #expect(text == "\(long)\n\(long)\n\(String(repeating: "y", count: 8192))\nz\n")
        }

        @Test func aPromptAppearsWithoutItsLineEnding() throws {
            let launcher = try Launcher(guarded("printf 'prompt> '; exec sleep 1000"))
            _ = try launcher.startedPID()
            while try text("e.log") != "prompt> " { sched_yield() }
            launcher.closeInput()
            #expect(try launcher.report() == .signal("e", SIGKILL))
            #expect(try text("e.log") == "prompt> \n")
        }

        @Test func logsAreRotatedWithoutLoss() throws {
            let last = try log(of: "seq -f '%099.0f' 1 350000")
            let pieces = try ["e.log.2", "e.log.1"].map(text) + [last]
            #expect(try run.list() == ["e.last.json", "e.log", "e.log.1", "e.log.2"])
            #expect(pieces.allSatisfy { $0.utf8.count <= 10 << 20 } && pieces[0].utf8.count > 9 << 20 && pieces[1].utf8.count > 9 << 20)
            let numbers = pieces.joined().split(separator: "\n").compactMap { Int($0) }
            #expect(numbers.last == 350_000 && numbers.first.map { Array($0...350_000) } == numbers)
        }

        @Test func aLogIsContinued() throws {
            _ = try log(of: "echo first")
            #expect(try log(of: "echo second") == "first\nsecond\n")
        }

        @Test func aLogThatIsRemovedIsMadeAgain() throws {
            let channel = try Channel(in: home)
            let launcher = try Launcher(guarded("echo one; read go < \(run.path)/go; echo two; echo done > \(channel.path)"))
            mkfifo("\(run.path)/go", 0o600)
            _ = try launcher.startedPID()
            while try text("e.log") != "one\n" { sched_yield() }
            try run.remove("e.log")
            try Descriptor(adopting: open("\(run.path)/go", O_WRONLY | O_CLOEXEC)).write(Array("go\n".utf8))
            #expect(try launcher.report() == .exit("e", 0))
            #expect(try text("e.log") == "two\n")
        }

        @Test func withoutALogTheLastIsStillKnown() throws {
            let spec = Spec.shell("e", "echo why; exit 1").with("guard", "1").with("nonce", Nonce().text).with(
                "last", "\(run.path)/e.last.json")
            let launcher = try Launcher(spec)
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("e", 1))
            #expect(try LastEnd.read(run, "e")?.output == "why\n")
        }

        @Test func aProgramThatClosesItsOutputLivesOn() throws {
            let channel = try Channel(in: home)
            let launcher = try Launcher(guarded("echo bye; exec >&- 2>&-; echo $$ > \(channel.path); read go < \(run.path)/go; exit 9"))
            mkfifo("\(run.path)/go", 0o600)
            _ = try launcher.startedPID()
            #expect(try channel.processes(1).first?.hasExited == false)
            try Descriptor(adopting: open("\(run.path)/go", O_WRONLY | O_CLOEXEC)).write(Array("go\n".utf8))
            #expect(try launcher.report() == .exit("e", 9))
        }
    }
}
