import Glibc
import Platform
import Testing

extension LauncherTests {
    /// What cannot be started is said, with the stage and the errno.
    @Suite struct Refusal {
        let home: TemporaryHome
        let run: RunDirectory
        let nonce = Nonce()

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
        }

        private func refusal(of spec: Spec) throws -> Report? {
            let launcher = try Launcher(spec)
            let report = try launcher.report()
            #expect(try launcher.status() == 71)
            #expect(try launcher.report() == nil)
            return report
        }

        @Test func missingProgram() throws {
            let spec = Spec("w", ["/nonexistent/program"]).daemon(in: run, "w", nonce: nonce)
            #expect(try refusal(of: spec) == .error("w", stage: "exec", ENOENT))
            // Whoever waited for this nonce finds the reason.
            let last = try #require(try LastEnd.read(run, "w"))
            #expect(last.nonce == nonce.text && last.exit == 127 && last.stage == "exec" && last.errno == ENOENT)
            #expect(last.output == "rbee-launch: cannot start /nonexistent/program: exec: No such file or directory\n")
            #expect(try FileLock.probe(in: run, name: "w.lock") == .free)
        }

        @Test func programThatIsNone() throws {
            try run.writeAtomically("garbage", [1, 2, 3])
            let path = "\(run.path)/garbage"
            #expect(try refusal(of: Spec("w", [path])) == .error("w", stage: "exec", EACCES))
            chmod(path, 0o700)
            #expect(try refusal(of: Spec("w", [path])) == .error("w", stage: "exec", ENOEXEC))
            #expect(try refusal(of: Spec("w", [run.path])) == .error("w", stage: "exec", EACCES))
            let long = String(repeating: "x", count: 200_000)
            #expect(try refusal(of: Spec("w", ["/bin/true", long])) == .error("w", stage: "exec", E2BIG))
        }

        @Test func placesThatAreNone() throws {
            let program = Spec("w", ["/bin/true"])
            #expect(try refusal(of: program.with("cwd", "/nonexistent")) == .error("w", stage: "cwd", ENOENT))
            #expect(try refusal(of: program.with("out", "/nonexistent/out")) == .error("w", stage: "out", ENOENT))
            #expect(try refusal(of: program.with("out", "/dev/null")) == .error("w", stage: "out", EINVAL))
            let locked = program.with("nonce", nonce.text)
            #expect(try refusal(of: locked.with("lock", "/nonexistent/lock")) == .error("w", stage: "lock", ENOENT))
            #expect(try refusal(of: locked.with("lock", "/dev/null")) == .error("w", stage: "lock", EPERM))
            symlink("/tmp", "\(run.path)/link")
            #expect(try refusal(of: locked.with("lock", "\(run.path)/link")) == .error("w", stage: "lock", ELOOP))
            #expect(try refusal(of: program.with("out", "\(run.path)/link")) == .error("w", stage: "out", ELOOP))
            let guarded = program.with("guard", "1").with("log", "/nonexistent/log")
            #expect(try refusal(of: guarded) == .error("w", stage: "log", ENOENT))
        }

        @Test func namedPipesDoNotHoldItUp() throws {
            let path = "\(run.path)/pipe"
            mkfifo(path, 0o600)
            let program = Spec("w", ["/bin/true"]).with("nonce", nonce.text)
            #expect(try refusal(of: program.with("lock", path)) == .error("w", stage: "lock", EPERM))
            #expect(try refusal(of: program.with("out", path)) == .error("w", stage: "out", EINVAL))
        }

        @Test(arguments: [
            ("id", "id=a", "spec:id"), ("id", "id=", "spec:id"), ("exe", "exe=", "spec:exe"), ("exe", "exe=relative", "spec:exe"),
            ("exe", "exe=/bin/true", "spec:exe"), ("", "lock=/tmp/x", "spec:nonce"), ("", "last=/tmp/x", "spec:nonce"),
            ("", "nonce=xyz", "spec:nonce"), ("", "nonce=0123456789ABCDEF0123456789ABCDEF", "spec:nonce"), ("", "eof=stay", "spec:eof"),
            ("", "guard=yes", "spec:guard"), ("", "guard=", "spec:guard"), ("", "log=/tmp/x", "spec:log"), ("", "log=x", "spec:log"),
            ("", "env=", "spec:env"), ("", "env=A", "spec:env"), ("", "env==A", "spec:env"), ("", "cwd=.", "spec:cwd"),
            ("", "out=out", "spec:out"), ("", "after=none", "spec:after"), ("", "after=", "spec:after"),
            ("", "what=1", "spec:field"), ("", "nonsense", "spec:field"), ("", "=", "spec:field"), ("", "EXE=/bin/true", "spec:field"),
        ])
        func malformedFieldsAreNamed(_: String, field: String, stage: String) throws {
            let launcher = try Launcher(options: [])
            let spec = Array(Spec("w", ["/bin/true"]).bytes.dropLast())
            try launcher.write(spec + Array("\(field)\0\0end\0".utf8))
            #expect(try launcher.report() == .error("w", stage: stage, EINVAL))
            #expect(try launcher.status() == 71)
        }

        @Test func contradictionsAreRefused() throws {
            let program = Spec("w", ["/bin/true"])
            #expect(try refusal(of: program.with("guard", "1").with("eof", "leave")) == .error("w", stage: "spec:eof", EINVAL))
            #expect(try refusal(of: program.with("guard", "1").with("out", "\(run.path)/o")) == .error("w", stage: "spec:out", EINVAL))
        }

        @Test func missingFieldsAreNamed() throws {
            func first(_ text: String) throws -> Report? {
                let launcher = try Launcher(options: [])
                try launcher.write(Array(text.utf8) + Array("end\0".utf8))
                let report = try launcher.report()
                #expect(try launcher.status() == 71)
                return report
            }
            #expect(try first("exe=/bin/true\0arg=x\0\0") == .error("-", stage: "spec:id", EINVAL))
            #expect(try first("id=w\0arg=x\0\0") == .error("w", stage: "spec:exe", EINVAL))
            #expect(try first("id=w\0exe=/bin/true\0\0") == .error("w", stage: "spec:arg", EINVAL))
            #expect(try first("\0") == .error("-", stage: "spec:id", EINVAL))
            #expect(try first("id=a b\0exe=/bin/true\0arg=x\0\0") == .error("-", stage: "spec:id", EINVAL))
            #expect(try first("id=w\0exe=/bin/true\0arg=x\0") == .error("w", stage: "spec:end", EINVAL), "not ended")
            #expect(
                try first("id=\(String(repeating: "w", count: 300))\0exe=/bin/true\0arg=x\0\0") == .error("-", stage: "spec:id", EINVAL))
        }

        @Test func oneMalformedSpecDoesNotStopTheOthers() throws {
            let launcher = try Launcher(Spec("a", ["/bin/true"]), Spec("b", ["relative"]), Spec("c", ["/bin/true"]))
            var reports: [Report] = []
            while let report = try launcher.report() { reports.append(report) }
            #expect(reports.contains(.error("b", stage: "spec:exe", EINVAL)))
            #expect(reports.contains(.exit("a", 0)) && reports.contains(.exit("c", 0)))
            #expect(try launcher.status() == 71)
        }

        @Test(arguments: ["", "id=w\0exe=/bin/true\0arg=x\0\0", "id=w\0exe=/bin/tr", "en", "end"])
        func anUnfinishedBatchStartsNothing(text: String) throws {
            let launcher = try Launcher(options: [])
            try launcher.write(Array(text.utf8))
            launcher.closeInput()
            #expect(try launcher.report() == .error("-", stage: "input", ENODATA))
            #expect(try launcher.report() == nil)
            #expect(try launcher.status() == 71)
        }

        @Test func everySplitOfTheInputIsReadAlike() throws {
            let bytes = Spec("w", ["/bin/true"]).bytes + Array("end\0".utf8)
            for split in stride(from: 1, to: bytes.count, by: 7) {
                let launcher = try Launcher(options: [])
                try launcher.write(Array(bytes[..<split]))
                try launcher.write(Array(bytes[split...]))
                _ = try launcher.startedPID()
                #expect(try launcher.report() == .exit("w", 0))
            }
        }

        @Test func emptyBatchIsDone() throws {
            let launcher = try Launcher(batch: [])
            #expect(try launcher.status() == 0)
            #expect(try launcher.report() == nil)
        }

        @Test func rubbishNeverCrashesIt() throws {
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<50 {
                let launcher = try Launcher(options: [])
                let rubbish = (0..<Int.random(in: 0...3000, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
                try launcher.write(rubbish + Array("\0end\0".utf8))
                #expect(try launcher.status() == 71)
            }
        }

        @Test func inputThatIsNoPipeIsWrongUse() throws {
            try run.writeAtomically("batch", Spec("w", ["/bin/true"]).bytes + Array("end\0".utf8))
            let file = try run.openFile("batch", flags: O_RDONLY)
            let (reader, writer) = try Descriptor.pipe()
            let pid = try Spawn.start(Launcher.path, [], input: file.rawValue, output: writer.rawValue)
            let process = try #require(try ProcessWatch.open(pid: pid))
            writer.close()
            #expect(try process.reap(waiting: true) == .exit(64))
            #expect(try reader.readToEnd(limit: 1000).isEmpty)
        }

        @Test func versionAndHelp() throws {
            for (option, expected) in [("--version", Int32(0)), ("--help", 0), ("--what", 64)] {
                #expect(try Launcher(options: [option]).status() == expected)
            }
        }
    }
}
