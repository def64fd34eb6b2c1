import Glibc
import Platform
import Testing

@Suite struct RunDirectoryTests {
    let home: TemporaryHome

    init() throws {
        home = try TemporaryHome()
    }

    private var path: String { "\(home.path)/run" }

    private func refusal() -> SystemError? {
        failure { _ = try RunDirectory.open(path, create: true) }
    }

    @Test func absentIsNilUnlessItIsToBeMade() throws {
        #expect(try RunDirectory.open(path, create: false) == nil)
        #expect(try FileIdentity.of(path: path) == nil)
        #expect(try RunDirectory.open("\(path)/a/b/c", create: false) == nil)
        let made = try RunDirectory.make("\(path)/a/b/c")
        #expect(made.path == "\(path)/a/b/c")
        for parent in [path, "\(path)/a", "\(path)/a/b", "\(path)/a/b/c"] {
            #expect(try FileIdentity.of(path: parent)?.permissions == 0o700)
        }
        #expect(try made.subdirectory("d", create: false) == nil)
        #expect(try made.makeSubdirectory("d").path == "\(path)/a/b/c/d")
        #expect(try made.subdirectory("d", create: false) != nil)
    }

    @Test func modeIsAsAskedWhateverTheMask() throws {
        // 0700 has no bit that a usual mask takes away.
        _ = try RunDirectory.make(path)
        #expect(try FileIdentity.of(path: path)?.permissions == 0o700)
    }

    @Test(arguments: ["", "/", "//", "/.", "/./", "/././/"]) func linkIsRefusedHoweverItIsWritten(ending: String) throws {
        mkdir("\(home.path)/target", 0o700)
        symlink("\(home.path)/target", path)
        let error = try #require(failure { _ = try RunDirectory.open(path + ending, create: true) })
        #expect(error.code == .unsafeDirectory && error.message.contains("symbolic link"))
    }

    @Test func danglingLinkIsNotFollowed() throws {
        symlink("\(home.path)/target", path)
        #expect(refusal()?.code == .unsafeDirectory)
        #expect(try FileIdentity.of(path: "\(home.path)/target") == nil)
    }

    @Test func linkBeneathIsRefused() throws {
        let run = try RunDirectory.make(path)
        symlink("/tmp", "\(path)/worker")
        #expect(failure { _ = try run.subdirectory("worker", create: true) }?.code == .unsafeDirectory)
        #expect(failure { _ = try run.subdirectory("worker", create: false) }?.code == .unsafeDirectory)
    }

    @Test func linkAboveIsFollowed() throws {
        // A home may well be a link; who may change it is a matter of the directory it stands in.
        mkdir("\(home.path)/real", 0o700)
        symlink("\(home.path)/real", "\(home.path)/link")
        #expect(try RunDirectory.open("\(home.path)/link/run", create: true) != nil)
    }

    @Test func fileIsRefused() throws {
        _ = close(open(path, O_CREAT | O_WRONLY, 0o600))
        let error = try #require(refusal())
        #expect(error.code == .unsafeDirectory && error.message.contains("not a directory"))
    }

    @Test(arguments: [0o755, 0o770, 0o701, 0o710, 0o777, 0o1777, 0o600, 0o500, 0o000] as [UInt32])
    func wrongModeIsRefused(mode: UInt32) throws {
        mkdir(path, 0o700)
        chmod(path, mode)
        defer { chmod(path, 0o700) }
        let error = try #require(refusal())
        // Without the right to read it, others than root do not even get to see its mode.
        #expect(error.code == .unsafeDirectory || (geteuid() != 0 && error.number == EACCES))
        if error.code == .unsafeDirectory { #expect(error.message.contains("chmod 700 '\(path)'")) }
    }

    @Test func anotherUsersIsRefused() throws {
        if geteuid() == 0 {
            mkdir(path, 0o700)
            chown(path, 65534, 65534)
            let error = try #require(refusal())
            #expect(error.code == .unsafeDirectory && error.message.contains("65534"))
        } else {
            #expect(failure { _ = try RunDirectory.open("/usr", create: false) }?.code == .unsafeDirectory)
        }
    }

    @Test func aDirectoryOfOursInAnothersIsRefused() throws {
        guard geteuid() == 0 else { return }
        mkdir(path, 0o700)
        chown(home.path, 12345, 12345)
        defer { chown(home.path, 0, 0) }
        let error = try #require(refusal())
        #expect(error.code == .unsafeDirectory && error.message.contains("12345"))
    }

    @Test(arguments: ["", "relative", "./run", "/tmp/a\0b"]) func whatIsNoAbsolutePathIsRefused(path: String) {
        #expect(failure { _ = try RunDirectory.open(path, create: true) }?.code == .invalidValue)
    }

    @Test func namesAreSingleComponents() throws {
        let run = try RunDirectory.make(path)
        for name in ["", ".", "..", "a/b", "/", "a\0", String(repeating: "ü", count: 128)] {
            #expect(failure { _ = try run.read(name) }?.code == .invalidValue)
            #expect(failure { try run.writeAtomically(name, []) }?.code == .invalidValue)
            #expect(failure { try run.remove(name) }?.code == .invalidValue)
            #expect(failure { _ = try run.bindSocket(name) }?.code == .invalidValue)
            #expect(failure { _ = try run.subdirectory(name, create: true) }?.code == .invalidValue)
            #expect(failure { _ = try run.quarantine(name) }?.code == .invalidValue)
        }
    }

    @Test func workGoesOnInADirectoryThatIsMoved() throws {
        let run = try RunDirectory.make(path)
        rename(path, "\(home.path)/moved")
        mkdir(path, 0o700)
        try run.writeAtomically("a", [1])
        #expect(try FileIdentity.of(path: "\(home.path)/moved/a") != nil)
        #expect(try FileIdentity.of(path: "\(path)/a") == nil)
    }
}

@Suite struct RunDirectoryFileTests {
    let home: TemporaryHome
    let run: RunDirectory

    init() throws {
        home = try TemporaryHome()
        run = try home.run()
    }

    @Test func contentIsReplacedAsAWhole() throws {
        #expect(try run.read("a") == nil)
        try run.writeAtomically("a", [1, 2, 3])
        let first = try #require(try run.stat("a"))
        #expect(first.kind == .regular && first.permissions == 0o600 && first.size == 3)
        let old = try run.openFile("a", flags: O_RDONLY)
        try run.writeAtomically("a", [4], durable: true)
        #expect(try run.read("a") == [4])
        #expect(try old.readToEnd(limit: 10) == [1, 2, 3])
        #expect(try run.stat("a")?.isSameFile(as: first) == false)
        #expect(try run.list() == ["a"])
    }

    @Test func readersSeeOldOrNewAndNothingElse() async throws {
        let run = run
        try run.writeAtomically("a", [UInt8](repeating: 0, count: 10_000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 1...200 { try run.writeAtomically("a", [UInt8](repeating: UInt8(round % 256), count: 10_000)) }
            }
            group.addTask {
                for _ in 0..<200 {
                    let bytes = try #require(try run.read("a"))
                    #expect(bytes.count == 10_000 && Set(bytes).count == 1)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func nothingIsWrittenThroughALink() throws {
        symlink("\(run.path)/target", "\(run.path)/a")
        try run.writeAtomically("a", [1])
        #expect(try run.stat("a")?.kind == .regular)
        #expect(try run.stat("target") == nil)
        symlink("\(run.path)/a", "\(run.path)/b")
        #expect(failure { _ = try run.read("b") }?.code == .corrupt)
        #expect(failure { _ = try run.openFile("b", flags: O_RDONLY) }?.number == ELOOP)
        #expect(try run.stat("b")?.kind == .symbolicLink)
    }

    @Test func whatIsNoFileOrTooLongIsCorrupt() throws {
        mkdir("\(run.path)/directory", 0o700)
        mkfifo("\(run.path)/pipe", 0o600)
        _ = try run.bindSocket("socket")
        for name in ["directory", "pipe", "socket"] { #expect(failure { _ = try run.read(name) }?.code == .corrupt, "\(name)") }
        try run.writeAtomically("a", [UInt8](repeating: 1, count: 1001))
        #expect(try run.read("a", limit: 1001)?.count == 1001)
        #expect(failure { _ = try run.read("a", limit: 1000) }?.code == .corrupt)
        #expect(try run.read("a", limit: 1_000_000)?.count == 1001)
    }

    @Test func onlyTheFileMeantIsRemoved() throws {
        try run.writeAtomically("a", [1])
        let mine = try #require(try run.stat("a"))
        try run.writeAtomically("a", [2])
        #expect(try run.unlink("a", ifIdentity: mine) == false)
        #expect(try run.read("a") == [2])
        let theirs = try #require(try run.stat("a"))
        // Written to in between, it is still the same file.
        try run.openFile("a", flags: O_WRONLY | O_APPEND).write([3])
        #expect(try run.unlink("a", ifIdentity: theirs))
        #expect(try run.unlink("a", ifIdentity: theirs) == false)
        #expect(try run.remove("a") == false)
    }

    @Test func creationLosesToWhatIsThere() throws {
        #expect(try run.createAtomically("a", [1]))
        #expect(try run.createAtomically("a", [2], durable: true) == false)
        #expect(try run.read("a") == [1])
        #expect(try run.list() == ["a"])
        symlink("nowhere", "\(run.path)/b")
        #expect(try run.createAtomically("b", [2]) == false)
    }

    @Test func corruptFilesAreSetAsideEachUnderItsOwnName() throws {
        for round in 1...25 {
            try run.writeAtomically("a.json", [UInt8(round)])
            // What is told apart by its time must have different ones.
            var times = [timespec(tv_sec: 1000 + round, tv_nsec: 0), timespec(tv_sec: 1000 + round, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, "\(run.path)/a.json", &times, 0) == 0)
            let name = try run.quarantine("a.json")
            #expect(name == "a.json.corrupt-\((round - 1) % 20 + 1)")
            #expect(try run.read(name) == [UInt8(round)])
        }
        #expect(try run.list().count == 20)
        #expect(failure { _ = try run.quarantine("absent") }?.number == ENOENT)
    }

    @Test func leftoversOfTheDeadAreSweptAndThoseOfTheLivingAreNot() throws {
        let own = try #require(ProcessStat.current)
        let living = ".\(own.pid)-\(own.startTicks)-0123456789ab.tmp"
        let dead = [".\(own.pid)-\(own.startTicks + 1)-0123456789ab.tmp", ".2147483647-5-0123456789ab.tmp", ".0-0-0123456789ab.tmp"]
        let others = [".hidden", ".tmp", ".1-2.tmp", "a.tmp", ".a-b-0123456789ab.tmp"]
        for name in [living] + dead + others { _ = try run.openFile(name, flags: O_CREAT | O_WRONLY) }
        try run.sweepTemporaries()
        for name in [living] + others { #expect(try run.stat(name) != nil, "\(name)") }
        for name in dead { #expect(try run.stat(name) == nil, "\(name)") }
        #expect(try run.list() == ["a.tmp"])
    }

    @Test func descriptorsDoNotLeakIntoChildren() throws {
        let file = try run.openFile("a", flags: O_CREAT | O_RDWR)
        #expect(fcntl(file.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        let (listener, _) = try run.bindSocket("s")
        #expect(fcntl(listener.rawValue, F_GETFD) & FD_CLOEXEC != 0 && fcntl(listener.rawValue, F_GETFL) & O_NONBLOCK != 0)
    }
}
