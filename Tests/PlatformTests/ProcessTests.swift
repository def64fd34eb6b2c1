import Glibc
import Platform
import Testing

@Suite struct ProcessStatTests {
    private static func line(_ name: String, state: String = "S", threads: String = "1") -> String {
        "4711 (\(name)) \(state) 1 4711 4700 0 -1 4194560 100 0 0 0 5 3 0 0 20 0 \(threads) 0 987654 5000000 300 18446744073709551615 1 1 0 0\n"
    }

    @Test(arguments: ["sleep", "", " ", "(a) b) c", ")", "(", "a b", "1 (2) S 3", "a\nb", ") R 1 1", "ü", "((((", "))))", "Z) Z 9 9 9 9 9"])
    func nameMayBeAnything(name: String) throws {
        let stat = try #require(ProcessStat(line: Array(Self.line(name).utf8)))
        #expect(stat.name == name && stat.pid == 4711 && stat.parent == 1 && stat.group == 4711 && stat.session == 4700)
        #expect(stat.state == UInt8(ascii: "S") && stat.startTicks == 987654 && stat.threads == 1 && !stat.isDead)
    }

    @Test func whoIsBetweenTwoProgramsIsStillSeenAsWhatItIs() throws {
        let home = try TemporaryHome()
        let run = try home.run()
        try run.writeAtomically("again", Array("#!/bin/sh\nexec \"$0\"\n".utf8))
        let path = "\(run.path)/again"
        #expect(chmod(path, 0o700) == 0)
        let child = try Child([path], environment: ["NONCE=n"])
        let identity = try #require(try ProcessIdentity.of(pid: child.pid))
        // One program follows the other as fast as they can.
        for look in 0..<2000 where identity.environmentContains("NONCE", "n") != true {
            Issue.record("nothing seen at look \(look)")
            break
        }
    }

    @Test func nameNeedNotBeText() throws {
        let line = Array("4711 (".utf8) + [0xFF, 0xFE, 0x29, 0x28] + Array(Self.line("").utf8.dropFirst(6))
        #expect(try #require(ProcessStat(line: line)).startTicks == 987654)
    }

    @Test(arguments: [
        "", "\n", "4711", "4711 (a)", "4711 (a) ", "4711 (a) S", "(a) S 1 1 1", "x (a) S 1 1 1", "4711 )a( S 1 1 1", "4711(a) S 1 1 1",
        String(line("a").prefix(60)), line("a").replacing("987654", with: "x"), line("a").replacing("987654", with: "-1"),
        line("a").replacing(" S ", with: " SS "), line("a").replacing("4711 (", with: "99999999999 ("),
    ]) func anythingElseIsNoLine(text: String) {
        #expect(ProcessStat(line: Array(text.utf8)) == nil)
    }

    @Test func whoIsDead() throws {
        for (state, threads, isDead) in [
            ("R", "1", false), ("S", "1", false), ("D", "1", false), ("T", "1", false), ("t", "1", false), ("I", "1", false),
            ("Z", "1", true),
            ("Z", "0", true), ("X", "1", true), ("x", "1", true), ("Z", "2", false),
        ] {
            #expect(
                try #require(ProcessStat(line: Array(Self.line("a", state: state, threads: threads).utf8))).isDead == isDead, "\(state)")
        }
    }

    @Test func whoIsEnding() throws {
        for (state, threads, flags, isEnding) in [
            ("R", "1", "4194304", false), ("R", "1", "4194308", true), ("R", "3", "4194308", false), ("Z", "1", "4194304", true),
        ] {
            let line = Self.line("a", state: state, threads: threads).replacing("4194560", with: flags)
            #expect(try #require(ProcessStat(line: Array(line.utf8))).isEnding == isEnding, "\(line)")
        }
    }

    @Test func realNamesWithParentheses() throws {
        let home = try TemporaryHome()
        let path = "\(home.path)/(a) b) c"
        symlink("/bin/sh", path)
        let child = try Child([path, "-c", "kill -STOP $$"])
        while ProcessStat.of(pid: child.pid)?.state != UInt8(ascii: "T") { sched_yield() }
        let stat = try #require(ProcessStat.of(pid: child.pid))
        #expect(stat.name == "(a) b) c" && stat.parent == getpid())
        #expect(try #require(try ProcessIdentity.of(pid: child.pid)).isAlive)
    }

    @Test func nobody() {
        #expect(ProcessStat.of(pid: 0) == nil && ProcessStat.of(pid: -1) == nil && ProcessStat.of(pid: .max) == nil)
    }
}

@Suite struct ProcessIdentityTests {
    @Test func thisProcess() throws {
        let own = try ProcessIdentity.current()
        #expect(own.pid == getpid() && own.isAlive && own.executable != nil)
        #expect(try ProcessIdentity.of(pid: getpid()) == own)
        #expect(own.bootID.utf8.count == 36 && own.pidNamespace > 0)
    }

    @Test func zombiesAreDead() throws {
        let child = try Child.idle()
        let identity = try #require(try ProcessIdentity.of(pid: child.pid))
        #expect(identity.isAlive && !child.watch.hasExited)
        try child.kill()
        // Not reaped: its line is still there, in state Z.
        let stat = try #require(ProcessStat.of(pid: child.pid))
        #expect(stat.state == UInt8(ascii: "Z") && stat.isDead && stat.startTicks == identity.startTicks)
        #expect(try !identity.isAlive && identity.liveness() == .dead)
        #expect(try ProcessIdentity.of(pid: child.pid) == nil)
        #expect(try child.watch.reap() == .signal(SIGKILL))
        #expect(!identity.isAlive)
    }

    @Test func anyOtherFactorIsAnotherProcess() throws {
        let child = try Child.idle()
        let identity = try #require(try ProcessIdentity.of(pid: child.pid))
        var forged = identity
        forged.startTicks += 1
        #expect(try forged.liveness() == .dead)
        forged = identity
        forged.startTicks -= 1
        #expect(try forged.liveness() == .dead)
        forged = identity
        forged.bootID = "00000000-0000-0000-0000-000000000000"
        #expect(try forged.liveness() == .dead)
        forged = identity
        forged.pidNamespace += 1
        #expect(try forged.liveness() == .elsewhere && !forged.isAlive)
        forged = identity
        forged.pid = getpid()
        #expect(try forged.liveness() == .dead)
        #expect(try identity.liveness() == .alive)
    }

    @Test func environmentIsThatOfTheStart() throws {
        let child = try Child.idle(environment: ["RBEE_NONCE=abc", "EMPTY=", "B=x=y", "RBEE_NONCE_2=zzz"])
        let identity = try #require(try ProcessIdentity.of(pid: child.pid))
        #expect(identity.environmentContains("RBEE_NONCE", "abc") == true)
        #expect(identity.environmentContains("RBEE_NONCE", "ab") == false)
        #expect(identity.environmentContains("RBEE_NONCE", "abcd") == false)
        #expect(identity.environmentContains("NONCE", "abc") == false)
        #expect(identity.environmentContains("EMPTY", "") == true)
        #expect(identity.environmentContains("B", "x=y") == true)
        let stat = try #require(ProcessStat.of(pid: child.pid))
        #expect(stat.environmentValue("RBEE_NONCE") == "abc" && stat.environmentValue("B") == "x=y" && stat.environmentValue("EMPTY") == "")
        #expect(stat.environmentValue("RBEE") == nil && stat.environmentValue("C") == nil)
        var later = identity
        later.startTicks += 1
        #expect(later.environmentContains("RBEE_NONCE", "abc") == nil, "not of another that has its number")
        try child.kill()
        #expect(identity.environmentContains("RBEE_NONCE", "abc") == nil)
    }

    @Test func nobody() throws {
        for pid in [0, -1, Int32.min, .max] { #expect(try ProcessIdentity.of(pid: pid) == nil) }
    }
}

@Suite struct ProcessWatchTests {
    @Test func endIsSeenAndReapedOnce() throws {
        let child = try Child(["/bin/sh", "-c", "exit 9"])
        #expect(child.watch.waitForExit(milliseconds: 20000) && child.watch.hasExited)
        #expect(try child.watch.reap() == .exit(9))
        #expect(failure { _ = try child.watch.reap() }?.number == ECHILD)
        #expect(child.watch.hasExited)
        #expect(try child.watch.signal(SIGKILL) == false)
    }

    @Test func aRunningOneIsNotReaped() throws {
        let child = try Child.idle()
        #expect(try child.watch.reap() == nil)
        #expect(!child.watch.waitForExit(milliseconds: 0))
        #expect(try child.watch.signal(0))
    }

    @Test func groupsAndOurselvesAreNeverSignalled() throws {
        for pid in [0, -1, -getpid(), Int32.min] { #expect(failure { _ = try ProcessWatch.open(pid: pid) }?.code == .forbiddenProcess) }
        let own = try #require(try ProcessWatch.open(pid: getpid()))
        #expect(failure { try own.signal(0) }?.code == .forbiddenProcess)
        let first = try ProcessWatch.open(pid: 1)
        #expect(failure { try first?.signal(0) }?.code == .forbiddenProcess)
    }

    @Test func nobodyIsNil() throws {
        #expect(try ProcessWatch.open(pid: .max) == nil)
    }

    @Test func aThreadIsNoProcess() throws {
        let threads = try Descriptor.threads(of: getpid()).filter { $0 != getpid() }
        for thread in threads { #expect(try ProcessWatch.open(pid: thread) == nil) }
    }
}

extension Descriptor {
    /// The threads of a process, found as the directory shows them.
    static func threads(of pid: Int32) throws -> [Int32] {
        guard let stream = opendir("/proc/\(pid)/task") else { throw SystemError(errno: errno, "list") }
        defer { closedir(stream) }
        var found: [Int32] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let thread = Int32(name) { found.append(thread) }
        }
        return found
    }
}
