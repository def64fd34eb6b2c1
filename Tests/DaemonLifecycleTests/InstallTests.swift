import DaemonContract
import DaemonLifecycle
import Glibc
import Platform
import Testing

/// A folder of its own for each test, with programs made of shell.
private final class InstallFolder {
    let root: String

    init() throws {
        var template = Array("/tmp/rbee-install-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno: errno, "make a directory") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove(root) }

    var bin: String { "\(root)/bin" }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o755) throws -> String {
        let path = "\(root)/\(name)"
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError(errno: errno, "write", path: path) }
        let file = Descriptor(adopting: number)
        try file.write(Array(text.utf8))
        fchmod(number, mode)
        return path
    }

    func program(_ name: String = "queen-rbee", _ body: String = "echo queen-rbee 0.1.0") throws -> String {
        try write(name, "#!/bin/sh\n\(body)\n")
    }

    func names(_ directory: String) -> [String] {
        (DirectoryEntries.names(of: directory) ?? []).sorted()
    }

    private func remove(_ path: String) {
        var about = stat()
        guard lstat(path, &about) == 0 else { return }
        if about.st_mode & S_IFMT == S_IFDIR {
            for name in names(path) { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

@Suite struct InstallTests {
    private let folder: InstallFolder

    init() throws {
        folder = try InstallFolder()
    }

    private func installer(patience: Duration = .seconds(10)) throws -> Installer {
        try Installer(home: folder.root, sourceDirectory: folder.root, patience: patience)
    }

    private func failure(_ config: InstallConfig, patience: Duration = .seconds(10)) async throws -> InstallError? {
        let installer = try installer(patience: patience)
        do {
            _ = try await installer.install(config)
            return nil
        } catch {
            return error
        }
    }

    private func config(_ source: String? = nil, name: String = "queen-rbee", target: String? = nil) -> InstallConfig {
        InstallConfig(binaryName: name, binaryPath: source, targetPath: target)
    }

    @Test func installsIntoTheHomesBin() async throws {
        let source = try folder.program()
        let result = try await installer().install(config(source))
        #expect(result.binaryPath == "\(folder.bin)/queen-rbee")
        #expect(result.foundInTarget == false)
        #expect(result.installTime > 1_700_000_000)
        #expect(folder.names(folder.bin) == ["queen-rbee"])
        let installed = try #require(try FileIdentity.of(path: result.binaryPath))
        #expect(installed.permissions == 0o755)
        #expect(installed.size == (try FileIdentity.of(path: source))?.size)
    }

    @Test func withoutASourceTheOneBesideIsTaken() async throws {
        _ = try folder.program()
        #expect(try await installer().install(config()).binaryPath == "\(folder.bin)/queen-rbee")
        mkdir("\(folder.root)/.build", 0o755)
        _ = try folder.program(".build/rbee-hive", "echo rbee-hive 0.1.0")
        let built = try Installer(home: folder.root, sourceDirectory: "\(folder.root)/.build")
        #expect(try await built.install(config(name: "rbee-hive")).foundInTarget == true)
    }

    @Test func anOlderOneIsReplacedByANewFile() async throws {
        let source = try folder.program()
        let path = try await installer().install(config(source)).binaryPath
        let before = try #require(try FileIdentity.of(path: path))
        _ = try folder.program("queen-rbee", "echo queen-rbee 0.2.0")
        _ = try await installer().install(config(source))
        let after = try #require(try FileIdentity.of(path: path))
        #expect(before.inode != after.inode)
    }

    @Test func aRunningBinaryKeepsItsFileAndIsNotRemoved() async throws {
        let source = try folder.write("sleeper", "")
        try copy("/bin/sleep", to: source)
        let path = try await installer().install(config(source, name: "sleeper")).binaryPath
        let running = try Child(path, "600")
        defer { running.end() }
        let image = try #require(try ProcessIdentity.of(pid: running.pid)?.executable)
        let refused = await #expect(throws: InstallError.self) {
            try await installer().uninstall(UninstallConfig(daemonName: "sleeper", installPath: path))
        }
        #expect(refused?.code == .running && refused?.pid == running.pid)
        #expect(refused?.message == "\(path) was not removed: process \(running.pid) runs it; stop it first")
        _ = try await installer().install(config(source, name: "sleeper"))
        #expect(try ProcessIdentity.of(pid: running.pid)?.executable?.isSameFile(as: image) == true)
        #expect(try FileIdentity.of(path: path)?.isSameFile(as: image) == false)
        // What stands there now is run by nobody.
        #expect(try await installer().uninstall(UninstallConfig(daemonName: "sleeper", installPath: path)))
    }

    @Test func uninstallingWhatIsNotThereIsFine() async throws {
        let path = "\(folder.bin)/queen-rbee"
        #expect(try await !installer().uninstall(UninstallConfig(daemonName: "queen-rbee", installPath: path)))
        _ = try await installer().install(config(try folder.program()))
        #expect(try await installer().uninstall(UninstallConfig(daemonName: "queen-rbee", installPath: path)))
        #expect(folder.names(folder.bin).isEmpty)
        let directory = await #expect(throws: InstallError.self) {
            try await installer().uninstall(UninstallConfig(daemonName: "x", installPath: folder.root))
        }
        #expect(directory?.code == .targetOccupied)
    }

    @Test(arguments: ["", "a/b", "/a", ".", "..", "a\u{0}b"])
    func namesThatAreNone(_ name: String) async throws {
        #expect(try await failure(config(try folder.program(), name: name))?.code == .invalidName)
        #expect(folder.names(folder.root) == ["queen-rbee"])
    }

    @Test func sourcesThatAreNone() async throws {
        let missing = try await failure(config("\(folder.root)/nothing"))
        #expect(missing?.code == .sourceMissing)
        #expect(missing?.message == "cannot install \(folder.root)/nothing: No such file or directory (ENOENT)")
        #expect(try await failure(config("relative"))?.code == .sourceMissing)
        let plain = try folder.write("plain", "x", mode: 0o640)
        let refused = try await failure(config(plain))
        #expect(refused?.code == .notExecutable)
        #expect(refused?.message == "cannot install \(plain): it is not executable (mode 0640); run: chmod +x '\(plain)'")
        #expect(try await failure(config(folder.root))?.message == "cannot install \(folder.root): it is no regular file")
        mkfifo("\(folder.root)/fifo", 0o755)
        #expect(try await failure(config("\(folder.root)/fifo"))?.code == .notExecutable)
        #expect(folder.names(folder.bin).isEmpty)
    }

    @Test func sourceAndTargetAreOneFile() async throws {
        let source = try folder.program()
        let same = try await failure(config(source, target: folder.root))
        #expect(same?.code == .sameFile)
        mkdir(folder.bin, 0o755)
        link(source, "\(folder.bin)/queen-rbee")
        #expect(try await failure(config(source))?.code == .sameFile)
        #expect(try FileIdentity.of(path: source) != nil)
    }

    @Test func whatStandsAtTheTargetIsNotReplacedBlindly() async throws {
        let source = try folder.program()
        mkdir(folder.bin, 0o755)
        let target = "\(folder.bin)/queen-rbee"
        symlink("/nowhere/at/all", target)
        let dangling = try await failure(config(source))
        #expect(dangling?.code == .targetOccupied)
        #expect(
            dangling?.message
                == "\(target) is a symbolic link to /nowhere/at/all, which does not exist, and is not replaced; remove it first: rm '\(target)'"
        )
        unlink(target)
        symlink(source, target)
        #expect(try await failure(config(source))?.code == .targetOccupied)
        unlink(target)
        mkdir(target, 0o755)
        #expect(try await failure(config(source))?.code == .targetOccupied)
        rmdir(target)
        mkfifo(target, 0o600)
        #expect(try await failure(config(source))?.code == .targetOccupied)
        #expect(folder.names(folder.bin) == ["queen-rbee"])
    }

    @Test func directoriesThatCannotBeUsed() async throws {
        let source = try folder.program()
        let file = try folder.write("file", "x")
        let isFile = try await failure(config(source, target: file))
        #expect(isFile?.code == .badDirectory)
        #expect(isFile?.message == "cannot install into \(file): it is a file, not a directory")
        #expect(try await failure(config(source, target: "\(file)/below"))?.code == .badDirectory)
        #expect(try await failure(config(source, target: "relative"))?.code == .badDirectory)
        #expect(try await failure(config(source, target: "/proc/1/below"))?.code == .badDirectory)
    }

    @Test func aBinaryThatDoesNotAnswerIsNotInstalled() async throws {
        let failing = try folder.program("failing", "echo no such library >&2; exit 3")
        let failed = try await failure(config(failing, target: "\(folder.root)/new/deep"))
        #expect(failed?.code == .notVerified)
        #expect(failed?.message == "\(failing) was not installed: exited with status 3 when asked for its --version:\n  no such library")
        let killed = try await failure(config(try folder.program("killed", "kill -9 $$"), target: "\(folder.root)/new/deep"))
        #expect(killed?.message.hasSuffix("was ended by signal 9 when asked for its --version") == true)
        let noise = try folder.write("noise", "\u{7F}ELF nonsense")
        let broken = try await failure(config(noise, target: "\(folder.root)/new/deep"))
        #expect(broken?.code == .notVerified && broken?.message.contains("cannot be run: Exec format error") == true)
        // Neither copies nor the directories made for them are left.
        #expect(folder.names(folder.root) == ["failing", "killed", "noise"])
    }

    @Test func anotherDaemonsBinaryIsNotInstalled() async throws {
        let source = try folder.program("x", "echo rbee-hive 0.1.0")
        let refused = try await failure(config(source))
        #expect(refused?.message == "\(source) was not installed: it says that it is rbee-hive, not queen-rbee")
    }

    @Test func aBinaryThatHangsIsEndedWithItsWholeTree() async throws {
        let pids = "\(folder.root)/pids"
        // A child in a session of its own, as a daemon would be, and one that ignores signals.
        let source = try folder.program(
            "hanging",
            "trap '' TERM; echo $$ >> \(pids); setsid sh -c 'echo $$ >> \(pids); exec sleep 600' & sh -c 'trap \"\" TERM; echo $$ >> \(pids); sleep 600' & wait"
        )
        let hung = try await failure(config(source, target: "\(folder.root)/new"), patience: .milliseconds(1500))
        #expect(hung?.code == .notVerified)
        #expect(hung?.message == "\(source) was not installed: did not answer --version within 1.5s")
        #expect(!folder.names(folder.root).contains("new"))
        let started = try #require(read(pids)).split(separator: "\n").compactMap { Int32($0) }
        #expect(!started.isEmpty)
        for pid in started { #expect(try ProcessIdentity.of(pid: pid) == nil, "process \(pid) lives") }
    }

    @Test func whatALeavingBinaryLeavesRunningIsEndedToo() async throws {
        let pids = "\(folder.root)/pids"
        let source = try folder.program(
            "queen-rbee", "setsid sh -c 'echo $$ > \(pids); exec sleep 600' & while [ ! -s \(pids) ]; do :; done; echo queen-rbee 1")
        _ = try await installer().install(config(source))
        let pid = try #require(read(pids).flatMap { Int32($0.split(separator: "\n").first ?? "") })
        #expect(try ProcessIdentity.of(pid: pid) == nil)
    }

    @Test func tooMuchOutputIsNoReasonToHang() async throws {
        let source = try folder.program("queen-rbee", "echo queen-rbee; head -c 300000 /dev/zero")
        _ = try await installer().install(config(source))
    }

    private func copy(_ from: String, to path: String) throws {
        let source = Descriptor(adopting: open(from, O_RDONLY | O_CLOEXEC)), target = Descriptor(adopting: open(path, O_WRONLY | O_CLOEXEC))
        try target.write(try source.readToEnd(limit: 64 << 20))
    }

    private func read(_ path: String) -> String? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0, let bytes = try? Descriptor(adopting: number).readToEnd(limit: 65536) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A program that runs until the test ends it.
private struct Child {
    let pid: Int32

    init(_ path: String, _ argument: String) throws {
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), strdup(argument), nil]
        defer { for text in arguments { free(text) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, path, nil, nil, &arguments, nil)
        guard failure == 0 else { throw SystemError(errno: failure, "run", path: path) }
        self.pid = pid
    }

    func end() {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
