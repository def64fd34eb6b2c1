import CPlatform
import Glibc
import Platform
import Testing

@Suite struct SignalTargetTests {
    let home: TemporaryHome
    let run: RunDirectory
    let nonce = Nonce()

    init() throws {
        home = try TemporaryHome()
        run = try home.run()
    }

    private func line(of child: Child) throws -> LockLine {
        LockLine(try #require(try ProcessIdentity.of(pid: child.pid)), nonce: nonce)
    }

    private func refused(_ line: LockLine, executable: FileIdentity? = nil) -> Bool {
        failure { _ = try SignalTarget.open(line, lock: "w.lock", in: run, executable: executable) }?.code == .forbiddenProcess
    }

    private func daemon(inherited: [Int32] = []) throws -> Child {
        try Child.idle(environment: ["RBEE_NONCE=\(nonce)"], inherited: inherited)
    }

    @Test func nonceInTheEnvironmentIsProof() throws {
        let child = try daemon()
        let target = try #require(try SignalTarget.open(try line(of: child), lock: "w.lock", in: run))
        #expect(target.pid == child.pid && !target.hasExited)
        #expect(try target.signal(SIGKILL))
        #expect(child.watch.waitForExit(milliseconds: 20000))
    }

    @Test func heldLockIsProof() throws {
        let file = try run.openFile("w.lock", flags: O_RDWR | O_CREAT)
        #expect(rbee_ofd_lock(file.rawValue) == 0)
        let child = try Child.idle(environment: ["RBEE_NONCE=\(Nonce())"], inherited: [file.rawValue])
        // Whoever has it too does not make the other's proof worse.
        #expect(try SignalTarget.open(try line(of: child), lock: "w.lock", in: run) != nil)
        file.close()
        #expect(try SignalTarget.open(try line(of: child), lock: "w.lock", in: run) != nil)
    }

    @Test func theFileOpenWithoutTheLockIsNone() throws {
        let lock = try #require(try FileLock.acquire(in: run, name: "w.lock"))
        let second = try run.openFile("w.lock", flags: O_RDWR)
        let child = try Child.idle(inherited: [second.rawValue])
        #expect(refused(try line(of: child)))
        #expect(try lock.isStillLinked())
    }

    @Test func anotherLockIsNone() throws {
        let other = try run.openFile("other.lock", flags: O_RDWR | O_CREAT)
        #expect(rbee_ofd_lock(other.rawValue) == 0)
        let child = try Child.idle(inherited: [other.rawValue])
        #expect(refused(try line(of: child)), "there is no lock file")
        try run.writeAtomically("w.lock", [])
        #expect(refused(try line(of: child)), "it is another file")
    }

    @Test func aLockFileReplacedSinceIsNone() throws {
        let file = try run.openFile("w.lock", flags: O_RDWR | O_CREAT)
        #expect(rbee_ofd_lock(file.rawValue) == 0)
        let child = try Child.idle(inherited: [file.rawValue])
        try run.writeAtomically("w.lock", [])
        #expect(refused(try line(of: child)))
    }

    @Test func anotherNonceOrNoneIsNoProof() throws {
        let stranger = try Child.idle(environment: ["RBEE_NONCE=\(Nonce())", "OTHER_RBEE_NONCE=\(nonce)", "X=RBEE_NONCE=\(nonce)"])
        #expect(refused(try line(of: stranger)))
        let bare = try Child.idle(environment: [])
        #expect(refused(try line(of: bare)))
    }

    @Test func everyForgedFactorIsNoticed() throws {
        let child = try daemon()
        let good = try line(of: child)
        #expect(try SignalTarget.open(good, lock: "w.lock", in: run) != nil)
        for change: Int64 in [-1, 1, 1000] {
            var forged = good
            forged.startTicks = UInt64(Int64(forged.startTicks) + change)
            #expect(try SignalTarget.open(forged, lock: "w.lock", in: run) == nil, "another that has its number")
        }
        var forged = good
        forged.bootID = "00000000-0000-4000-8000-000000000000"
        #expect(try SignalTarget.open(forged, lock: "w.lock", in: run) == nil, "of an earlier boot")
        forged = good
        forged.pidNamespace += 1
        #expect(refused(forged))
        forged = good
        forged.nonce = Nonce()
        #expect(refused(forged))
        #expect(!child.watch.hasExited)
    }

    @Test func anotherProgramIsRefused() throws {
        let child = try daemon()
        let good = try line(of: child)
        let shell = try #require(try FileIdentity.of(path: "/bin/sh"))
        let other = try #require(try FileIdentity.of(path: "/bin/sleep"))
        #expect(try SignalTarget.open(good, lock: "w.lock", in: run, executable: shell) != nil)
        #expect(refused(good, executable: other))
        var sameNumberElsewhere = shell
        sameNumberElsewhere.device += 1
        #expect(refused(good, executable: sameNumberElsewhere))
        var touched = shell
        touched.size += 1
        touched.modified += 1
        #expect(try SignalTarget.open(good, lock: "w.lock", in: run, executable: touched) != nil, "only device and inode count")
    }

    @Test(arguments: [0, 1, -1, -4711, Int32.min]) func suchNumbersAreNever(pid: Int32) throws {
        var line = LockLine(try ProcessIdentity.current(), nonce: nonce)
        line.pid = pid
        #expect(refused(line))
    }

    @Test func weAreNever() throws {
        #expect(refused(LockLine(try ProcessIdentity.current(), nonce: nonce)))
    }

    @Test func theDeadAreGone() throws {
        let child = try daemon()
        let good = try line(of: child)
        try child.kill()
        #expect(try SignalTarget.open(good, lock: "w.lock", in: run) == nil, "a zombie")
        _ = try child.watch.reap()
        #expect(try SignalTarget.open(good, lock: "w.lock", in: run) == nil)
    }

    /// The number of a dead daemon given to a stranger for real, and even to one that carries the nonce, as a child of the daemon would.
    @Test func aNumberGivenAwayIsNoticed() throws {
        // Only root may choose numbers.
        guard geteuid() == 0 else { return }
        let lastPID = Descriptor(adopting: open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC))
        guard lastPID.isOpen else { return }
        let first = try daemon()
        let good = try line(of: first)
        let old = try #require(try ProcessWatch.open(pid: first.pid))
        try first.kill()
        _ = try first.watch.reap()
        let end = SuspendingClock.now + .seconds(20)
        while SuspendingClock.now < end {
            #expect(lseek(lastPID.rawValue, 0, SEEK_SET) == 0)
            try lastPID.write(Array("\(good.pid - 1)".utf8))
            let second = try Child.idle(environment: ["RBEE_NONCE=\(nonce)"])
            guard second.pid == good.pid else { continue }
            // A start within the same hundredth of a second would be the same but for the nonce.
            guard try line(of: second).startTicks != good.startTicks else { continue }
            #expect(try SignalTarget.open(good, lock: "w.lock", in: run) == nil)
            #expect(old.hasExited)
            #expect(try old.signal(SIGKILL) == false)
            #expect(!second.watch.hasExited)
            #expect(!good.process.isAlive)
            return
        }
        Issue.record("the number was never given away")
    }
}
