import FoundationEssentials
import Glibc
import Platform
import Testing

/// Whether this machine lets a test mount in a namespace of its own.
private let canMount: Bool = {
    guard let (input, output) = try? Descriptor.pipe(),
        let pid = try? Spawn.start("/usr/bin/unshare", ["-rm", "true"], input: input.rawValue, output: output.rawValue),
        let process = try? ProcessWatch.open(pid: pid)
    else { return false }
    return (try? process.reap(waiting: true)) == .exit(0)
}()

extension LauncherTests {
    /// Disks that are full or may not be written, made in a mount namespace of their own.
    @Suite(.enabled(if: canMount, "no user namespaces here")) struct Disk {
        let home: TemporaryHome
        let run: RunDirectory
        let nonce = Nonce()

        init() throws {
            home = try TemporaryHome()
            run = try home.run()
        }

        /// A launcher that sees a disk of its own in place of the run directory, prepared and followed by shell commands.
        private func launcher(options: String, before: String = ":", after: String = ":") throws -> Launcher {
            let script = "mount -t tmpfs -o \(options),mode=700 none \(run.path) && cd \(run.path) && \(before); \"$0\"; \(after)"
            return try Launcher(options: ["-rm", "/bin/sh", "-c", script, Launcher.path], program: "/usr/bin/unshare")
        }

        private func start(_ launcher: Launcher, _ spec: Spec) throws {
            try launcher.write(spec.bytes + Array("end\0".utf8))
        }

        @Test func aFullDiskIsSaid() throws {
            let launcher = try launcher(options: "size=16k", before: "{ cat /dev/zero > fill; } 2> /dev/null")
            try start(launcher, Spec("w", ["/bin/true"]).daemon(in: run, "w", nonce: nonce))
            #expect(try launcher.report() == .error("w", stage: "lock-line", ENOSPC))
            #expect(try launcher.report() == nil)
        }

        @Test func aDiskForReadingOnlyIsSaid() throws {
            let launcher = try launcher(options: "ro")
            try start(launcher, Spec("w", ["/bin/true"]).daemon(in: run, "w", nonce: nonce))
            #expect(try launcher.report() == .error("w", stage: "lock", EROFS))
        }

        @Test func theEndMattersMoreThanTheOutput() throws {
            mkfifo("\(home.path)/go", 0o600)
            let launcher = try launcher(
                options: "size=8k", after: "read go < \(home.path)/go; cat w.last.json > \(home.path)/copy; ls -A > \(home.path)/names"
            )
            let spec = Spec.shell("w", "yes | head -c 60000; exit 3").with("nonce", nonce.text).with("out", "\(home.path)/w.out")
            try start(launcher, spec.with("last", "\(run.path)/w.last.json"))
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("w", 3))
            try Descriptor(adopting: open("\(home.path)/go", O_WRONLY | O_CLOEXEC)).write(Array("go\n".utf8))
            #expect(try launcher.status() == 0)
            let copy = try #require(try AtomicFile.read("\(home.path)/copy"))
            let last = try JSONDecoder().decode(LastEnd.self, from: Data(copy))
            #expect(last.nonce == nonce.text && last.exit == 3 && last.output.isEmpty)
            #expect(try AtomicFile.read("\(home.path)/names") == Array("w.last.json\n".utf8))
        }

        @Test func aLogWithoutRoomDoesNotHoldUpTheProgram() throws {
            let launcher = try launcher(options: "size=16k")
            let spec = Spec.shell("e", "seq 1 100000; exit 4").with("guard", "1").with("log", "\(run.path)/e.log").with("nonce", nonce.text)
            try start(launcher, spec.with("last", "\(home.path)/e.last.json"))
            _ = try launcher.startedPID()
            #expect(try launcher.report() == .exit("e", 4))
            let copy = try #require(try AtomicFile.read("\(home.path)/e.last.json"))
            #expect(try JSONDecoder().decode(LastEnd.self, from: Data(copy)).output.hasSuffix("\n99999\n100000\n"))
        }
    }
}
