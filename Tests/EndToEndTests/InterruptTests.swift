import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

/// Ctrl-C, closed pipes, full disks.
@Suite struct InterruptTests {
    @Test func controlCCancelsTheJob() async throws {
        try await KeeperHome.with { home in
            let queen = try await home.slowQueen()
            let infer = try home.start(["infer", "--verbose", "--model", "any", queen.endless], environment: queen.environment)
            #expect(try await infer.output(until: "word") != nil)
            infer.interrupt()
            let outcome = try await infer.finish()
            #expect(outcome.exit == 130)
            #expect(outcome.errors.contains("interrupted; the job was cancelled"), "\(outcome.errors)")
            #expect(try await queen.state(ofJobIn: outcome.errors) == "cancelled")
        }
    }

    @Test func aReaderThatLeavesEndsItQuietly() async throws {
        try await KeeperHome.with { home in
            let queen = try await home.slowQueen()
            let infer = try home.start(["infer", "--verbose", "--model", "any", queen.endless], environment: queen.environment)
            #expect(try await infer.output(until: "word") != nil)
            infer.closeOutput()
            let outcome = try await infer.finish()
            #expect(outcome.exit == 128 + SIGPIPE)
            #expect(!outcome.errors.contains("error"), "\(outcome.errors)")
            #expect(try await queen.state(ofJobIn: outcome.errors) == "cancelled")
        }
    }

    @Test func controlCWhileADaemonStarts() async throws {
        try await KeeperHome.with { home in
            let mute = try home.write("mute", "#!/bin/sh\nexec sleep 600\n", mode: 0o755)
            let start = try home.start(["queen", "start", "--binary", mute])
            // It has come so far that the program runs.
            for _ in 0..<500 {
                if home.processes().contains(where: { $0.name == "sleep" }) { break }
                _ = try await home.run("status", "queen")
            }
            start.interrupt()
            let outcome = try await start.finish()
            #expect(outcome.exit == 130)
            #expect(outcome.errors.contains("interrupted; queen/default may go on starting"), "\(outcome.errors)")
            // What was started stays, and is found again.
            let stop = try await home.run("queen", "stop", "--grace", "100ms")
            #expect(stop.exit == 0, "\(stop.errors)")
            #expect(!home.processes().contains { $0.name == "sleep" })
        }
    }

    @Test func keepAliveUntilControlC() async throws {
        try await KeeperHome.with { home in
            try await home.up()
            let keep = try home.start(["keep-alive", "queen", "--holder", "me"])
            #expect(try await keep.errors(until: "keeping queen/default alive") != nil)
            let short = try await home.run("keep-alive", "queen", "--for", "50ms")
            #expect(short.exit == 0, "\(short.errors)")
            keep.interrupt()
            #expect(try await keep.finish().exit == 130)
        }
    }

    @Test func aFullDisk() async throws {
        try await KeeperHome.with { home in
            guard access("/dev/full", W_OK) == 0 else { return }
            let outcome = try await KeeperProcess(
                "/bin/sh", ["-c", "exec \"$0\" --version > /dev/full", home.keeper], environment: home.environment()
            ).finish()
            #expect(outcome.exit == 1)
            #expect(outcome.errors.hasPrefix("error: cannot write to standard output: No space left on device"), "\(outcome.errors)")
        }
    }

    @Test func closedStandardStreams() async throws {
        try await KeeperHome.with { home in
            func shell(_ line: String) async throws -> KeeperProcess.Outcome {
                try await KeeperProcess("/bin/sh", ["-c", line, home.keeper], environment: home.environment()).finish()
            }
            let output = try await shell("exec \"$0\" status >&-")
            #expect(
                output.exit == 1 && output.errors.hasPrefix("error: cannot write to standard output: Bad file descriptor"),
                "\(output.errors)")
            let all = try await shell("exec \"$0\" queen start --port 0 <&- >&- 2>&-")
            #expect(all.exit == 1)
            #expect(try await home.row("queen").state == .ready, "what was done is done")
            let input = try await shell("exec \"$0\" infer --model builtin - <&-")
            #expect(input.exit == 1 && input.errors.contains("standard input was not read"), "\(input.errors)")
        }
    }
}
