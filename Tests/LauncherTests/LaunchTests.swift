import FoundationEssentials
import Glibc
import Platform
import Testing

extension LauncherTests {
    /// What a daemon is born with, and what is told of it.
    @Suite struct Launch {
        let home: TemporaryHome
        let run: RunDirectory
        let nonce = Nonce()

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
        }

        @Test func lockIsInheritedAndItsLineSaysWho() throws {
            let launcher = try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: nonce))
            guard case .pid("w", let pid, let ticks)? = try launcher.report() else {
                Issue.record("not started")
                return
            }
            #expect(try launcher.status() == 0)
            let line = try #require(try LockLine.read(in: run, name: "w.lock"))
            let process = try #require(try ProcessIdentity.of(pid: pid))
            #expect(line == LockLine(process, nonce: nonce))
            #expect(line.startTicks == ticks)
            #expect(try FileLock.probe(in: run, name: "w.lock") == .held)
            // The shepherd leaves; the daemon alone holds the lock now.
            launcher.closeInput()
            #expect(try launcher.report() == nil)
            #expect(try FileLock.probe(in: run, name: "w.lock") == .held)
            let watch = try #require(try ProcessWatch.open(pid: pid))
            try watch.signal(SIGKILL)
            #expect(watch.waitForExit(milliseconds: 10000))
            #expect(try FileLock.probe(in: run, name: "w.lock") == .free)
            #expect(try LastEnd.read(run, "w") == nil)
        }

        @Test func aProgramThatIsStillBeingWrittenIsWaitedFor() throws {
            try run.writeAtomically("program", Array("#!/bin/sh\nexec sleep 1000\n".utf8))
            let path = "\(run.path)/program"
            #expect(chmod(path, 0o700) == 0)
            let writer = try run.openFile("program", flags: O_WRONLY)
            let launcher = try Launcher(Spec("w", [path]).daemon(in: run, "w", nonce: nonce))
            var line: LockLine?
            while line == nil { line = try LockLine.read(in: run, name: "w.lock") }
            // It has signed, and sleeps between two attempts; without a second one it would be dead.
            while let stat = ProcessStat.of(pid: line?.pid ?? 0), !stat.isDead, stat.state != UInt8(ascii: "S") { sched_yield() }
            writer.close()
            #expect(try launcher.startedPID() == line?.pid)
        }

        @Test func childIsDetachedAndClean() throws {
            var leaked: [Int32] = []
            for _ in 0..<3 { leaked.append(open("/dev/null", O_RDONLY)) }
            defer { leaked.forEach { close($0) } }
            let launcher = try Launcher(options: [], blocking: [SIGTERM, SIGUSR1, SIGCHLD], ignoring: [SIGHUP, SIGINT, SIGPIPE])
            let spec = Spec.idle("w", environment: ["NOTIFY_SOCKET=@mine", "RBEE_LOCK_FD=77", "EMPTY="])
            try launcher.write(spec.daemon(in: run, "w", nonce: nonce).bytes + Array("end\0".utf8))
            let pid = try launcher.startedPID()
            waitUntilStopped(pid)
            let proc = "/proc/\(pid)"
            let files = FileManager.default

            let descriptors = try files.contentsOfDirectory(atPath: "\(proc)/fd").compactMap { Int32($0) }.sorted()
            let lockNumber = try #require(descriptors.last)
            #expect(descriptors == [0, 1, 2, lockNumber] && lockNumber > 2)
            #expect(try files.destinationOfSymbolicLink(atPath: "\(proc)/fd/0") == "/dev/null")
            #expect(try files.destinationOfSymbolicLink(atPath: "\(proc)/fd/1") == "\(run.path)/w.out")
            #expect(try files.destinationOfSymbolicLink(atPath: "\(proc)/fd/2") == "\(run.path)/w.out")
            #expect(try files.destinationOfSymbolicLink(atPath: "\(proc)/fd/\(lockNumber)") == "\(run.path)/w.lock")
            #expect(try files.destinationOfSymbolicLink(atPath: "\(proc)/cwd") == "/")

            let status = try Self.status(pid)
            #expect(status["SigBlk"] == "0000000000000000")
            #expect(status["SigIgn"] == "0000000000000000")
            #expect(status["Umask"] == "0077")
            let stat = try #require(ProcessStat.of(pid: pid))
            #expect(stat.session == pid && stat.group == pid)

            let environment = try Self.words("\(proc)/environ")
            #expect(
                environment == ["PATH=/usr/bin:/bin", "NOTIFY_SOCKET=@mine", "EMPTY=", "RBEE_LOCK_FD=\(lockNumber)"],
                "exactly what was given")
            #expect(try run.stat("w.out")?.permissions == 0o600)
            #expect(try run.stat("w.lock")?.permissions == 0o600)
        }

        @Test func shepherdHoldsNothingOfTheStarter() throws {
            let launcher = try Launcher(Spec("w", ["/bin/sleep", "1000"]).daemon(in: run, "w", nonce: nonce))
            let pid = try launcher.startedPID()
            #expect(try launcher.status() == 0)
            let shepherd = try #require(ProcessStat.of(pid: pid)).parent
            #expect(ProcessStat.of(pid: shepherd)?.session == shepherd)
            let files = FileManager.default
            let targets = try files.contentsOfDirectory(atPath: "/proc/\(shepherd)/fd").map {
                try files.destinationOfSymbolicLink(atPath: "/proc/\(shepherd)/fd/\($0)")
            }
            #expect(targets.filter { $0.hasPrefix("pipe:") }.count == 2)
            #expect(
                Set(targets.filter { !$0.hasPrefix("pipe:") }) == [
                    "/dev/null", "\(run.path)/w.lock", "\(run.path)/w.out", "anon_inode:[signalfd]",
                ])
            #expect(try files.destinationOfSymbolicLink(atPath: "/proc/\(shepherd)/cwd") == "/")
        }

        @Test func withoutLockAndOutputItIsStillClean() throws {
            let launcher = try Launcher(Spec.idle("w").with("cwd", home.path))
            let pid = try launcher.startedPID()
            waitUntilStopped(pid)
            let files = FileManager.default
            #expect(try files.contentsOfDirectory(atPath: "/proc/\(pid)/fd").sorted() == ["0", "1", "2"])
            #expect(try files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/1") == "/dev/null")
            #expect(try files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd") == home.path)
            #expect(try Self.words("/proc/\(pid)/environ") == ["PATH=/usr/bin:/bin"])
        }

        @Test func endsAreReported() throws {
            let launcher = try Launcher(.shell("a", "exit 7"), .shell("b", "kill -9 $$"), .shell("c", "kill -TERM $$"))
            var ends: [Report] = []
            while let report = try launcher.report() {
                if case .pid = report { continue }
                ends.append(report)
            }
            #expect(try launcher.status() == 0)
            #expect(ends.contains(.exit("a", 7)) && ends.contains(.signal("b", SIGKILL)) && ends.contains(.signal("c", SIGTERM)))
            #expect(ends.count == 3)
        }

        @Test func aHundredAtOnce() throws {
            let nonces = (0..<100).map { _ in Nonce() }
            let specs = (0..<100).map { Spec("w/\($0)", ["/bin/sleep", "1000"]).daemon(in: run, "w-\($0)", nonce: nonces[$0]) }
            let launcher = try Launcher(batch: specs)
            var pids: [String: Int32] = [:]
            for _ in 0..<100 {
                guard case .pid(let id, let pid, _)? = try launcher.report() else { break }
                pids[id] = pid
            }
            #expect(pids.count == 100)
            #expect(try launcher.status() == 0)
            for index in 0..<100 {
                let line = try LockLine.read(in: run, name: "w-\(index).lock")
                #expect(line?.pid == pids["w/\(index)"] && line?.nonce == nonces[index])
                #expect(try FileLock.probe(in: run, name: "w-\(index).lock") == .held)
            }
        }

        @Test func hugeArgumentsAndEnvironment() throws {
            let large = String(repeating: "x", count: 100_000)
            let spec = Spec(
                "w", ["/bin/sh", "-c", "echo ${#A9} ${#1} $#; exit 5", "sh", large, "", "a b\nc"],
                environment: (0..<10).map { "A\($0)=\(large)" })
            let launcher = try Launcher(spec.daemon(in: run, "w", nonce: nonce))
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("w", 5))
            #expect(try LastEnd.read(run, "w")?.output == "100000 100000 3\n")
        }

        @Test func argumentsArePassedAsTheyAre() throws {
            let words = ["", " ", "a=b", "$HOME", "end", "änderung ✓", "line\nend", "\\", "'\""]
            let launcher = try Launcher(Spec("w", ["/bin/sleep"] + words))
            // sleep refuses them; what it was given is in its command line until then, so a shell that stays shows it instead.
            _ = try launcher.startedPID()
            let shown = try Launcher(Spec("s", ["/bin/sh", "-c", "sleep 1000; :"] + words))
            let pid = try shown.startedPID()
            #expect(try Self.words("/proc/\(pid)/cmdline") == ["/bin/sh", "-c", "sleep 1000; :"] + words)
            killpg(pid, SIGKILL)
        }

        @Test(arguments: [103, 108, 200, 400])
        func longPathsOfManyBytes(length: Int) throws {
            var path = home.path
            while path.utf8.count + 40 < length { path += "/" + String(repeating: "ü", count: min(15, (length - path.utf8.count) / 2 - 1)) }
            path += "/" + String(repeating: "x", count: max(1, length - path.utf8.count - 1))
            let deep = try RunDirectory.make(path)
            let launcher = try Launcher(.shell("w", "echo done").daemon(in: deep, "w", nonce: nonce))
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("w", 0))
            #expect(try LastEnd.read(deep, "w")?.output == "done\n")
            #expect(try LockLine.read(in: deep, name: "w.lock")?.nonce == nonce)
        }

        static func words(_ path: String) throws -> [String] {
            let bytes = try Descriptor(adopting: open(path, O_RDONLY | O_CLOEXEC)).readToEnd(limit: 4 << 20)
            return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
        }

        static func status(_ pid: Int32) throws -> [String: String] {
            let bytes = try Descriptor(adopting: open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)).readToEnd(limit: 65536)
            var fields: [String: String] = [:]
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let halves = line.split(separator: ":", maxSplits: 1)
                if halves.count == 2 { fields[String(halves[0])] = halves[1].trimmingPrefix(while: \.isWhitespace).description }
            }
            return fields
        }
    }
}
