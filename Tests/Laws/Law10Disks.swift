import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

/// Law 10 on disks that take nothing more: a tmpfs of our own that is full, one without inodes left, one that is read-only.
@Suite(.enabled(if: TestHome.canRun("/usr/bin/unshare", "-rm"), "no user namespaces here")) struct Law10Disks {
    /// What one step of a script came to.
    private struct Step {
        let name: String
        let exit: Int
        let text: String
    }

    /// Runs steps one after the other on a disk of their own; whatever they start is ended at the end.
    ///
    /// - Parameter steps: a name and a line of shell each. `$K` is the keeper, `$H` the home on the disk; it is full after `fill`.
    private func run(_ options: String, _ steps: [(String, String)]) async throws -> [String: Step] {
        try await TestHome.with { home in
            mkdir("\(home.path)/disk", 0o700)
            let script =
                """
                mount -t tmpfs -o \(options),mode=700 none \(home.path)/disk || exit 99
                H=\(home.path)/disk/home; K=$0/rbee-keeper; export RBEE_HOME=$H; mkdir $H
                trap '"$K" shutdown-all >/dev/null 2>&1' EXIT
                fill() { cat /dev/zero >> \(home.path)/disk/fill 2>/dev/null; }
                free() { rm -f \(home.path)/disk/fill; }
                crowd() { i=0; while : > \(home.path)/disk/file-$i; do i=$((i+1)); done 2>/dev/null; }
                uncrowd() { rm -f \(home.path)/disk/file-*; }

                """ + steps.map { "echo '=== \($0.0)'; ( \($0.1) ) 2>&1; echo \"=> $?\"" }.joined(separator: "\n")
            let outcome = try await home.shell(script, under: ["/usr/bin/unshare", "-rm"])
            try #require(outcome.exit != 99, "\(outcome.errors)")
            var found: [String: Step] = [:]
            for part in outcome.output.split(separator: "=== ") {
                let lines = part.split(separator: "\n", omittingEmptySubsequences: false)
                let end = lines.last { $0.hasPrefix("=> ") }.flatMap { Int($0.dropFirst(3)) }
                let name = String(lines.first ?? "")
                found[name] = Step(name: name, exit: try #require(end, "\(part)"), text: lines.dropFirst().joined(separator: "\n"))
            }
            try #require(found.count == steps.count, "\(outcome.output) \(outcome.errors)")
            return found
        }
    }

    /// Nothing of a write that did not come to its end.
    private static let halves =
        #"find $H -name '.*.tmp'; for f in $(find $H -name '*.json' -o -name token -o -name config.yaml); do test -s $f || echo empty $f; done"#

    @Test("a full disk: starts, settings and installs say so and leave nothing half written; afterwards all of it works")
    func full() async throws {
        let steps = try await run(
            "size=300k",
            [
                ("fill", "fill; true"), ("start on a full disk", "$K queen start --port 0"),
                ("set on a full disk", "$K config set queen.port 0"),
                ("status on a full disk", "$K status"), ("doctor on a full disk", "$K doctor"), ("halves", Self.halves),
                ("install on a full disk", "$K queen install $0/queen-rbee"), ("halves of an install", "ls -A $H/bin 2>/dev/null; true"),
                ("free", "free"), ("set", "$K config set queen.port 0"), ("start", "$K queen start"), ("fill again", "fill; true"),
                ("status of one that runs", "$K status queen"), ("ping", "$K ping queen"), ("restart on a full disk", "$K queen restart"),
                ("set again", "fill; $K config set queen.ttl 1h"), ("halves again", Self.halves),
                ("the old value", "$K config get queen.port"),
                ("stop", "$K queen stop"), ("free again", "free"), ("start again", "$K queen start"), ("use it", "$K ping queen"),
                ("the end", "$K shutdown-all"), ("halves in the end", Self.halves),
            ])
        func step(_ name: String) throws -> Step { try #require(steps[name]) }
        for name in ["start on a full disk", "set on a full disk", "install on a full disk", "set again"] {
            let step = try step(name)
            #expect(step.exit == 1 && step.text.contains("No space left on device"), "\(name): \(step.text)")
        }
        #expect(try step("status on a full disk").exit == 3)
        for name in ["halves", "halves of an install", "halves again", "halves in the end"] {
            let text = try step(name).text
            #expect(text == "=> 0\n" || text == "=> 0", "\(name): \(text)")
        }
        for name in [
            "free", "set", "start", "status of one that runs", "ping", "stop", "start again", "use it", "the end", "doctor on a full disk",
        ] {
            let step = try step(name)
            #expect(step.exit == 0, "\(name): \(step.text)")
        }
        #expect(try step("the old value").text.hasPrefix("0\n"))
        // The daemon that runs is not given up for one whose start cannot be written down.
        let restart = try step("restart on a full disk")
        #expect(restart.exit == 0 || restart.text.contains("No space left on device"), "\(restart.text)")
    }

    @Test("a disk without inodes left: said, nothing half made, and all works again afterwards")
    func crowded() async throws {
        let steps = try await run(
            "size=20m,nr_inodes=60",
            [
                ("crowd", "crowd; true"), ("start", "$K queen start --port 0"), ("set", "$K config set queen.port 0"),
                ("status", "$K status"),
                ("uncrowd", "uncrowd"), ("start again", "$K queen start --port 0"), ("crowd again", "crowd; true"),
                ("ping", "$K ping queen"),
                ("stop", "$K queen stop"), ("uncrowd again", "uncrowd"), ("halves", Self.halves), ("the end", "$K shutdown-all"),
            ])
        for name in ["start", "set"] {
            let step = try #require(steps[name])
            #expect(step.exit == 1 && step.text.contains("No space left on device"), "\(name): \(step.text)")
        }
        for name in ["start again", "ping", "stop", "the end"] {
            let step = try #require(steps[name])
            #expect(step.exit == 0, "\(name): \(step.text)")
        }
        #expect(steps["halves"]?.text.hasPrefix("=> 0") == true, "\(steps["halves"]?.text ?? "")")
    }

    @Test("a read-only home: what needs to write says so, what only looks works, doctor does not say that all is well")
    func readOnly() async throws {
        let steps = try await run(
            "size=20m",
            [
                ("prepare", "$K config set queen.port 0 && $K queen start"), ("stop", "$K queen stop"),
                ("seal", "mount -o remount,ro $H/.."),
                ("start", "$K queen start"), ("set", "$K config set queen.port 1"), ("status", "$K status"), ("list", "$K list"),
                ("down", "$K down"), ("get", "$K config get queen.port"), ("doctor", "$K doctor"),
                ("install", "$K queen install $0/queen-rbee"),
                ("unseal", "mount -o remount,rw $H/.."), ("start again", "$K queen start"),
                ("seal it while it runs", "mount -o remount,ro $H/.."),
                ("ping", "$K ping queen"), ("stop it", "$K queen stop --grace 1s"), ("unseal again", "mount -o remount,rw $H/.."),
                ("the end", "$K shutdown-all"), ("nothing runs", "$K list"), ("healthy", "$K doctor"),
            ])
        for name in ["start", "set", "install"] {
            let step = try #require(steps[name])
            #expect(step.exit == 1 && step.text.contains("Read-only file system"), "\(name): \(step.text)")
        }
        let doctor = try #require(steps["doctor"])
        #expect(doctor.exit == 1 && doctor.text.contains("/run cannot be written: Read-only file system"), "\(doctor.text)")
        #expect(!doctor.text.contains("all is well"))
        for (name, exit) in [("status", 3), ("list", 0), ("get", 0), ("unseal", 0), ("start again", 0), ("ping", 0), ("the end", 0)] {
            let step = try #require(steps[name])
            #expect(step.exit == exit, "\(name): \(step.text)")
        }
        #expect(steps["nothing runs"]?.text.hasPrefix("no daemon runs") == true, "\(steps["nothing runs"]?.text ?? "")")
    }
}
