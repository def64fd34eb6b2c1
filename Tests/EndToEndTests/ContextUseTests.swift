import DaemonHarness
import FoundationEssentials
import Glibc
import Platform
import Testing

/// The context daemon and boot files, as people use them.
struct ContextUseTests {
    private static func project(_ home: KeeperHome, _ name: String = "a project's folder") throws -> String {
        try home.write("\(name)/main.c", "int main;\n")
        return "\(home.path)/\(name)"
    }

    @Test func startInitProjectGetGraftPingStop() async throws {
        try await KeeperHome.with { home in
            let project = try Self.project(home)
            #expect(try await home.run("context", "ping").exit == 3)
            #expect(try await home.run("context", "status").exit == 3)
            let started = try await home.run("context", "start")
            #expect(started.exit == 0 && started.output.contains("context/default started in"))
            #expect(try await home.run("context", "start").output.contains("already running"))
            #expect(try await home.run("context", "ping").output.contains("answered in"))
            let unknown = try await home.run("context", "project", project)
            #expect(unknown.exit == 3 && unknown.errors.contains("is not initialized\n  try: rbee-keeper context init '"))
            let made = try await home.run("context", "init", project)
            #expect(made.exit == 0 && made.output.contains("files: 1\nlanguages: C 1\n"), "\(made)")
            let twice = try await home.run("context", "init", project)
            #expect(twice.exit == 0 && twice.output.contains("was initialized already\nfiles: 1\n"), "\(twice)")
            #expect(try await home.run("context", "graft", "keep it small", "--path", project).output == "remembered\n")
            let text = try await home.run("context", "get", project, "--prompt", "main.c").output
            #expect(text.contains("- **keeper**: keep it small") && text.contains("### main.c (primary)"))
            #expect(try await home.run("context", "get", project, "--json").output.hasPrefix(#"{"context":"#))
            #expect(try await home.run("context", "stop").exit == 0)
            #expect(try await home.run("context", "stop").output.contains("not running"))
        }
    }

    @Test func failuresAreNonZeroAndOnStandardError() async throws {
        try await KeeperHome.with { home in
            for words in [
                ["init", "/nowhere"], ["get", "/nowhere"], ["graft", "x", "--path", "/nowhere"],
                ["init", String(repeating: "/x", count: 3_000)],
            ] {
                let outcome = try await home.start(["context"] + words).finish()
                #expect(
                    outcome.exit == 1 && outcome.output.isEmpty && outcome.errors.contains("error:") && outcome.errors.contains("try:"),
                    "\(outcome)")
            }
        }
    }

    @Test func hooksAreWrittenMergedAndNeverStandInTheWay() async throws {
        try await KeeperHome.with { home in
            let project = try Self.project(home, "project")
            let settings = try home.write(
                "assistant/settings.json", #"{"model":"x","hooks":{"PostToolUse":[{"hooks":[{"type":"command","command":"mine"}]}]}}"#)
            let installed = try await home.run("context", "install-hooks", "\(home.path)/assistant", "--json")
            #expect(installed.exit == 0 && installed.output.contains(#""backup":"#))
            let merged = try #require(try AtomicFile.read(settings).map { String(decoding: $0, as: UTF8.self) })
            #expect(merged.contains("\"mine\"") && merged.contains("rbee-post-tool-use.sh") && merged.contains("\"model\" : \"x\""))
            #expect(try await !home.run("context", "install-hooks", "\(home.path)/assistant", "--json").output.contains("backup"))
            #expect(try AtomicFile.read(settings).map { String(decoding: $0, as: UTF8.self) } == merged)

            // No daemon, no project, no JSON: the hook says so and ends well.
            for (event, said) in [
                ("user-prompt", "{}"), ("post-tool-use", "no json"), ("subagent-stop", #"{"cwd":"/nowhere","decision":"d"}"#),
            ] {
                let outcome = try await home.run("context", "hook", event, input: said)
                #expect(outcome.exit == 0 && outcome.output.isEmpty, "\(event): \(outcome)")
            }
            #expect(try await home.run("context", "init", project).exit == 0)
            #expect(try await home.run("context", "hook", "session-start", input: #"{"cwd":"\#(project)"}"#).exit == 0)
            let context = try await home.run("context", "hook", "user-prompt", input: #"{"cwd":"\#(project)","prompt":"main.c"}"#)
            #expect(context.output.hasPrefix("# PROJECT CONTEXT") && context.output.contains("main.c ← (focus)"))
        }
    }

    @Test func brokenSettingsOfAnAssistantAreLeftAsTheyAre() async throws {
        try await KeeperHome.with { home in
            let settings = try home.write("assistant/settings.json", "{ broken")
            let outcome = try await home.run("context", "install-hooks", "\(home.path)/assistant")
            #expect(outcome.exit == 1 && outcome.errors.contains("was left as it is"))
            #expect(try AtomicFile.read(settings) == Array("{ broken".utf8))
            #expect(!home.exists("assistant/hooks/rbee-user-prompt.sh"))
        }
    }

    @Test(arguments: ["queen", "hive", "context", "worker/tiny"])
    func whatBootWritesPassesTheManagersOwnChecks(_ daemon: String) async throws {
        try await KeeperHome.with { home in
            let unit = try await home.run("boot", "print", "--systemd", daemon)
            let file = try home.write("rbee-checked.service", unit.output)
            let verified = try await KeeperProcess(
                "/usr/bin/systemd-analyze", ["verify", "--user", file],
                environment: ["XDG_RUNTIME_DIR": home.path, "HOME": home.path, "PATH": "/usr/bin:/bin"]
            ).finish()
            #expect(verified.exit == 0 && verified.errors.isEmpty, "\(verified.errors)")
            let list = try await home.run("boot", "print", "--launchd", daemon)
            let plist = try home.write("t.plist", list.output)
            // Part of every Swift toolchain.
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let linted = try await KeeperProcess("/usr/bin/env", ["plutil", "-lint", plist], environment: ["PATH": path]).finish()
            #expect(linted.exit == 0 && list.output.contains("<string>--yield</string>"), "\(linted.errors)")
        }
    }

    @Test func bootIsEnabledOnceAndEditsAreKept() async throws {
        try await KeeperHome.with { home in
            let unit = ".config/systemd/user/rbee-context.service", link = ".config/systemd/user/default.target.wants/rbee-context.service"
            #expect(try await home.run("boot", "status", "context").exit == 3)
            #expect(try await home.run("boot", "enable", "context").exit == 0)
            #expect(home.exists(unit) && home.exists(link))
            #expect(try await home.run("boot", "status", "context").output.contains("is current"))
            #expect(try await home.run("doctor").output.contains("is as it would be written"))
            // Other settings: what is there is ours, untouched, and is brought up to date.
            let elsewhere = ["RBEE_BIN_DIR": ""]
            #expect(try await home.run("boot", "status", "context", environment: elsewhere).output.contains("is outdated"))
            #expect(try await home.run("boot", "enable", "context", environment: elsewhere).exit == 0)
            #expect(try await home.run("boot", "status", "context", environment: elsewhere).output.contains("is current"))
            let text = try #require(try AtomicFile.read("\(home.path)/\(unit)"))
            try home.write(unit, String(decoding: text, as: UTF8.self).replacing("WatchdogSec=30", with: "WatchdogSec=60"))
            for command in ["enable", "disable"] {
                let refused = try await home.run("boot", command, "context")
                #expect(refused.exit == 1 && refused.errors.contains("somebody has edited it"))
            }
            #expect(home.exists(unit) && home.exists(link))
            try home.write(unit, String(decoding: text, as: UTF8.self))
            #expect(try await home.run("boot", "disable", "context").exit == 0)
            #expect(!home.exists(unit) && !home.exists(link))
            #expect(try await home.run("boot", "disable", "context").exit == 0)
        }
    }

    @Test func whoeverYieldsEndsWell() async throws {
        try await KeeperHome.with { home in
            #expect(try await home.run("context", "start").exit == 0)
            let second = try KeeperProcess("\(home.programs)/rbee-context", ["--yield"], environment: home.environment())
            let outcome = try await second.finish()
            #expect(outcome.exit == 0 && outcome.errors.contains("leaving it to that"))
            let third = try KeeperProcess("\(home.programs)/rbee-context", [], environment: home.environment())
            #expect(try await third.finish().exit == 75)
            #expect(try await home.run("context", "ping").exit == 0)
        }
    }
}
