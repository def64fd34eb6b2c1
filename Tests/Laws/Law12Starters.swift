import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 12, for who starts a daemon: what it has too little of, and a launcher that does anything but launch, is an error within a time.
@Suite struct Law12Starters {
    @Test("a starter short of descriptors gets its daemon or an error, whichever it is that it has none for, and never dies of it")
    func shortOfDescriptors() async throws {
        try await TestHome.with { home in
            var served = 0
            // With less than the first, it is Swift itself that ends a process.
            for spare in stride(from: 20, through: 64, by: 2) {
                // Each starts one of its own: who finds one has nothing to start.
                let plan = StartedProgram.Plan(
                    "\(TestHome.binaries)/rbee-racer",
                    [
                        "--home", home.path, "--program", TestHome.hostileProgram, "--instance", "n\(spare)", "--timeout", "60000",
                        "--spare",
                        "\(spare)",
                    ], environment: ["PATH": "/usr/bin:/bin", "HOME": home.path, "RBEE_HOME": home.path])
                let starter = try StartedProgram(plan, output: "\(home.path)/starter-\(spare)")
                let end = try await starter.ended()
                try #require(end == .exit(0), "\(spare) descriptors: \(end), \(starter.output)")
                let result = try ContractJSON.decode(Race.Result.self, text: starter.output)
                if let message = result.message {
                    #expect(message.contains("Too many open files"), "\(spare) descriptors: \(message)")
                    if result.code == "launch_failed" { #expect(message.contains("ulimit -n"), "\(spare) descriptors: \(message)") }
                    #expect(try home.holder(.worker, "n\(spare)") == nil, "\(spare) descriptors")
                } else {
                    served += 1
                    #expect(spare > 24, "with \(spare) descriptors it cannot have been enough")
                }
            }
            #expect(served > 0, "enough is enough")
        }
    }

    /// A launcher that does something else.
    struct Launcher: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// A shell script; `REAL` stands for the real launcher.
        let script: String
        let code: LifecycleError.Code
        let says: String
        /// How much environment the daemon is to have, in bytes: more than a pipe takes, and it must be read.
        var environment = 0
    }

    static let launchers = [
        Launcher(
            testDescription: "it never reads what to start", script: "exec sleep 1000", code: .launchFailed,
            says: "has not read what to start within 0.5 seconds", environment: 1_000_000),
        Launcher(
            testDescription: "it reads half of it", script: "head -c 100000 >/dev/null; exec sleep 1000", code: .launchFailed,
            says: "has not read what to start within 0.5 seconds", environment: 1_000_000),
        Launcher(
            testDescription: "a part of it goes on without it", script: "sleep 1000 & exec sleep 1000", code: .launchFailed,
            says: "has not read what to start within 0.5 seconds", environment: 1_000_000),
        Launcher(
            testDescription: "it reads all, and says nothing", script: "cat >/dev/null; exec sleep 1000", code: .launchFailed,
            says: "no word from the launcher; look with: rbee-keeper doctor"),
        Launcher(
            testDescription: "it says what is no report, without end", script: "exec yes", code: .launchFailed,
            says: "no word from the launcher; look with: rbee-keeper doctor"),
        Launcher(
            testDescription: "it writes a line without end", script: "exec cat /dev/zero", code: .launchFailed,
            says: "no word from the launcher; look with: rbee-keeper doctor"),
        Launcher(
            testDescription: "it has always lost", script: "exec yes daemon lost", code: .timedOut,
            says: "was started by others until the time was over"),
        Launcher(
            testDescription: "it tells of ends without end", script: "exec yes daemon exit 3", code: .launchFailed,
            says: "no word from the launcher; look with: rbee-keeper doctor"),
        Launcher(
            testDescription: "it fails", script: "echo daemon error exec 8", code: .launchFailed,
            says: "Exec format error (ENOEXEC); look with: rbee-keeper doctor"),
    ]

    @Test("a launcher that does not launch: an error within the time, and nothing of it is left", arguments: launchers)
    func launcher(_ launcher: Launcher) async throws {
        try await TestHome.with { home in
            mkdir("\(home.path)/bin", 0o700)
            try home.write("bin/rbee-launch", "#!/bin/sh\necho $$ >> \(home.path)/launchers\n\(launcher.script)\n", mode: 0o700)
            let place = RbeeHome(root: home.path)
            let local = LocalLauncher(home: place, environment: [:], loop: .shared, patience: .milliseconds(500))
            let context = try LifecycleContext(home: home.path, owner: "tester", launcher: local)
            var specification = DaemonSpecification(
                id: try DaemonID(kind: .worker, instance: "one"), program: TestHome.hostileProgram, startTimeout: .milliseconds(300))
            // No variable may be longer than 128 KiB.
            for number in 0..<(launcher.environment / 100_000) {
                specification.environment["FILLER_\(number)"] = String(repeating: "x", count: 100_000)
            }
            let daemon = DaemonLifecycle(specification, context: context)
            let error = await #expect(throws: LifecycleError.self) {
                try await EventLoop.shared.withDeadline(TestAPI.patience) { try await daemon.ensure() }
            }
            #expect(error?.code == launcher.code && error?.message.contains(launcher.says) == true, "\(error?.message ?? "")")
            #expect(home.names(in: "run/handles").isEmpty)
            for pid in home.starts("launchers").compactMap({ Int32($0) }) {
                _ = try await eventually("launcher \(pid) is gone") { ProcessStat.of(pid: pid)?.isDead == false ? nil : true }
            }
            home.remove(file: "bin/rbee-launch")
            #expect(try await home.hostile().ensure().shouldCleanup, "and with a real one it starts")
        }
    }
}
