import CPlatform
import Glibc
import Platform
import Testing

@Suite struct FileLockTests {
    let home: TemporaryHome
    let run: RunDirectory

    init() throws {
        home = try TemporaryHome()
        run = try home.run()
    }

    @Test func probeMakesNothingAndTakesNothing() throws {
        #expect(try FileLock.probe(in: run, name: "a.lock") == .absent)
        #expect(try run.list() == [])
        let lock = try #require(try FileLock.acquire(in: run, name: "a.lock"))
        let before = try run.stat("a.lock")
        for _ in 0..<100 { #expect(try FileLock.probe(in: run, name: "a.lock") == .held) }
        #expect(try run.stat("a.lock") == before)
        #expect(try FileLock.acquire(in: run, name: "a.lock") == nil)
        lock.release()
        #expect(try eventually { try FileLock.probe(in: run, name: "a.lock") == .free })
        for _ in 0..<100 { #expect(try FileLock.probe(in: run, name: "a.lock") == .free) }
        #expect(try FileLock.acquire(in: run, name: "a.lock") != nil)
    }

    /// Another descriptor of the same description is what a child has that is forked just now.
    @Test func whatIsGivenUpIsFreeWhoeverElseHasTheDescription() throws {
        for isGivenUp in [false, true] {
            let lock = try #require(try FileLock.acquire(in: run, name: "a.lock"))
            let childs = Descriptor(adopting: rbee_duplicate(lock.descriptor))
            if isGivenUp { lock.giveUp() } else { lock.release() }
            if !isGivenUp { #expect(try FileLock.probe(in: run, name: "a.lock") == .held) }
            if isGivenUp { #expect(try eventually { try FileLock.probe(in: run, name: "a.lock") == .free }) }
            childs.close()
            #expect(try eventually { try FileLock.probe(in: run, name: "a.lock") == .free })
        }
    }

    @Test func probeWorksOnWhatMayOnlyBeRead() throws {
        try run.writeAtomically("a.lock", [])
        chmod("\(run.path)/a.lock", 0o400)
        #expect(try FileLock.probe(in: run, name: "a.lock") == .free)
    }

    @Test func probeNeverStandsInTheWayOfTaking() async throws {
        // While some keep asking, whoever takes the free lock must always get it.
        try run.writeAtomically("a.lock", [])
        let run = run
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<3000 { _ = try FileLock.probe(in: run, name: "a.lock") }
            }
            group.addTask {
                var losses = 0
                for _ in 0..<1000 {
                    let lock = try FileLock.acquire(in: run, name: "a.lock")
                    if lock == nil { losses += 1 }
                    lock?.release()
                }
                // A program that another test starts just then keeps a copy of the last lock for a moment; a probe that took locks would cost
                // hundreds.
                #expect(losses < 50)
            }
            try await group.waitForAll()
        }
    }

    @Test func oneOfManyGetsIt() async throws {
        let run = run
        let locks = await withTaskGroup(of: FileLock?.self) { group in
            for _ in 0..<32 { group.addTask { (try? FileLock.acquire(in: run, name: "a.lock")) ?? nil } }
            return await group.reduce(into: [FileLock?]()) { $0.append($1) }
        }
        #expect(locks.count { $0 != nil } == 1)
    }

    @Test func deathFreesIt() throws {
        let file = try run.openFile("a.lock", flags: O_RDWR | O_CREAT)
        #expect(rbee_ofd_lock(file.rawValue) == 0)
        let child = try Child.idle(inherited: [file.rawValue])
        file.close()
        #expect(try FileLock.probe(in: run, name: "a.lock") == .held)
        #expect(try FileLock.acquire(in: run, name: "a.lock") == nil)
        try child.kill()
        // Not reaped yet, a zombie; its lock is gone all the same.
        #expect(try eventually { try FileLock.probe(in: run, name: "a.lock") == .free })
    }

    @Test func replacedOrRemovedIsNoticed() throws {
        let lock = try #require(try FileLock.acquire(in: run, name: "a.lock"))
        #expect(try lock.isStillLinked())
        try lock.writeLine(LockLine(try .current(), nonce: Nonce()))
        #expect(try lock.isStillLinked())
        try run.writeAtomically("a.lock", try #require(try run.read("a.lock")))
        #expect(try !lock.isStillLinked())
        #expect(try FileLock.probe(in: run, name: "a.lock") == .free)
        try run.remove("a.lock")
        #expect(try !lock.isStillLinked())
        symlink("elsewhere", "\(run.path)/a.lock")
        #expect(try !lock.isStillLinked())
    }

    @Test func whatIsNoLockFileIsRefused() throws {
        mkfifo("\(run.path)/pipe", 0o600)
        mkdir("\(run.path)/directory", 0o700)
        symlink("\(run.path)/target", "\(run.path)/link")
        #expect(failure { _ = try FileLock.acquire(in: run, name: "pipe") }?.code == .corrupt)
        #expect(failure { _ = try FileLock.acquire(in: run, name: "directory") }?.number == EISDIR)
        #expect(failure { _ = try FileLock.acquire(in: run, name: "link") }?.number == ELOOP)
        #expect(failure { _ = try FileLock.probe(in: run, name: "link") }?.number == ELOOP)
        #expect(try run.stat("target") == nil)
        for name in ["", ".", "..", "a/b", "a\0b", String(repeating: "a", count: 256)] {
            #expect(failure { _ = try FileLock.acquire(in: run, name: name) }?.code == .invalidValue)
        }
    }

    @Test func lockFileOfAnotherUserIsRefused() throws {
        guard geteuid() == 0 else { return }
        try run.writeAtomically("a.lock", [])
        chown("\(run.path)/a.lock", 65534, 65534)
        #expect(failure { _ = try FileLock.acquire(in: run, name: "a.lock") }?.code == .corrupt)
    }

    @Test func missingLocksAreAnErrorThatHelps() throws {
        // No file system without such locks can be mounted here; that the kernel's answers are told apart is shown on /proc, which has them.
        let error = try #require(failure { throw FileLock.refusal(EINVAL, path: "/x/a.lock") })
        #expect(error.code == .locksUnsupported && error.message.contains("RBEE_HOME"))
        #expect(failure { throw FileLock.refusal(EIO, path: "/x/a.lock") }?.code == .system)
    }
}

@Suite struct LockAdoptionTests {
    let home: TemporaryHome
    let run: RunDirectory

    init() throws {
        home = try TemporaryHome()
        run = try home.run()
    }

    private func open(_ name: String, _ flags: Int32 = O_RDWR | O_CREAT) throws -> Int32 {
        try run.openFile(name, flags: flags).release()
    }

    @Test func itsOwnIsAdopted() throws {
        let number = try open("a.lock")
        #expect(rbee_ofd_lock(number) == 0 && rbee_set_cloexec(number, 0) == 0)
        let lock = try #require(try FileLock.adopt(descriptor: number, in: run, name: "a.lock"))
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        #expect(try FileLock.probe(in: run, name: "a.lock") == .held)
        #expect(lock.descriptor == number)
        lock.release()
        #expect(try eventually { try FileLock.probe(in: run, name: "a.lock") == .free })
    }

    @Test func anotherFileIsNot() throws {
        let number = try open("b.lock")
        defer { close(number) }
        #expect(rbee_ofd_lock(number) == 0)
        #expect(try FileLock.adopt(descriptor: number, in: run, name: "a.lock") == nil)
        try run.writeAtomically("a.lock", [])
        #expect(try FileLock.adopt(descriptor: number, in: run, name: "a.lock") == nil)
        #expect(fcntl(number, F_GETFD) >= 0, "what is not believed is left open")
    }

    @Test func theFileWithoutTheLockIsNot() throws {
        let holder = try #require(try FileLock.acquire(in: run, name: "a.lock"))
        let number = try open("a.lock")
        defer { close(number) }
        #expect(try FileLock.adopt(descriptor: number, in: run, name: "a.lock") == nil)
        #expect(try holder.isStillLinked())
    }

    @Test func aFileReplacedSinceIsNot() throws {
        let number = try open("a.lock")
        defer { close(number) }
        #expect(rbee_ofd_lock(number) == 0)
        try run.writeAtomically("a.lock", [])
        #expect(try FileLock.adopt(descriptor: number, in: run, name: "a.lock") == nil)
    }

    @Test func aReadOnlyOneIsNot() throws {
        try run.writeAtomically("a.lock", [])
        let number = try open("a.lock", O_RDONLY)
        defer { close(number) }
        #expect(try FileLock.adopt(descriptor: number, in: run, name: "a.lock") == nil)
    }

    @Test(arguments: [-1, 0, 1, 2, 999_999, Int32.max, .min]) func nonsenseIsNot(number: Int32) throws {
        try run.writeAtomically("a.lock", [])
        #expect(try FileLock.adopt(descriptor: number, in: run, name: "a.lock") == nil)
    }
}
