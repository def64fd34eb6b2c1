import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

/// Installing, running what was installed, replacing it, removing it.
@Suite struct InstallCycleTests {
    @Test func installRunReplaceRemove() async throws {
        try await KeeperHome.with { home in
            let install = try await home.run("queen", "install")
            #expect(install.exit == 0 && install.output == "installed \(home.path)/bin/queen-rbee\n", "\(install.errors)")
            let installed = try #require(try FileIdentity.of(path: "\(home.path)/bin/queen-rbee"))
            let start = try await home.run(
                "queen", "start", "--port", "0", "--binary", "\(home.path)/bin/queen-rbee", environment: ["RBEE_BIN_DIR": ""])
            #expect(start.exit == 0, "\(start.errors)")
            let pid = try #require(try await home.row("queen").pid)
            #expect(try ProcessIdentity.of(pid: pid)?.executable?.isSameFile(as: installed) == true)

            let replaced = try await home.run("queen", "install")
            #expect(replaced.exit == 0 && replaced.errors.contains("rbee-keeper queen restart"), "\(replaced.errors)")
            #expect(try ProcessIdentity.of(pid: pid)?.executable?.isSameFile(as: installed) == true, "the running one keeps its file")

            let refused = try await home.run("queen", "uninstall")
            #expect(refused.exit == 1)
            #expect(refused.errors.contains("still running (pid \(pid))") && refused.errors.contains("try: rbee-keeper queen stop"))
            #expect(try await home.run("queen", "stop").exit == 0)
            let removed = try await home.run("queen", "uninstall")
            #expect(removed.exit == 0 && removed.output == "removed \(home.path)/bin/queen-rbee\n")
            let again = try await home.run("queen", "uninstall")
            #expect(again.exit == 0 && again.output == "\(home.path)/bin/queen-rbee was not installed\n")
        }
    }

    @Test func whatIsNotInstalled() async throws {
        try await KeeperHome.with { home in
            let plain = try home.write("plain", "x", mode: 0o640)
            let refused = try await home.run("hive", "install", plain)
            #expect(refused.exit == 1 && refused.errors.contains("it is not executable (mode 0640)"), "\(refused.errors)")
            let wrong = try await home.run("hive", "install", "\(home.programs)/queen-rbee")
            #expect(wrong.exit == 1 && wrong.errors.contains("it says that it is queen-rbee, not rbee-hive"), "\(wrong.errors)")
            #expect(!home.exists("bin"))
        }
    }
}
