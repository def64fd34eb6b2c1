import Testing

@testable import rbee_chaos

/// A command that ends otherwise than documented is seen.
struct CommandVerdictTests {
    private func complaints(
        _ line: String, _ end: KeeperRun.End, output: String = "", errors: String = "", signals: Set<Int32> = []
    ) -> [String] {
        CommandVerdict.complaints(
            line.split(separator: " ").map(String.init), KeeperRun.Outcome(end: end, output: output, errors: errors), signals: signals)
    }

    private static let error = "error: the queen does not run\n  try: rbee-keeper up\n"

    @Test func whatIsDocumentedIsRight() {
        #expect(complaints("queen stop", .exit(0)) == [])
        #expect(complaints("queen start", .exit(4), errors: Self.error) == [])
        #expect(complaints("status --json", .exit(3), output: "{}") == [])
        #expect(complaints("list --json", .exit(0), output: #"{"daemons":[]}"#) == [])
        #expect(complaints("ping queen --json", .exit(3), errors: #"{"error":{"code":"not_running","message":"no","next":["x"]}}"#) == [])
        #expect(complaints("up", .signal(9), signals: [9]) == [])
        #expect(complaints("up", .exit(143), errors: "error: interrupted; x\n", signals: [15]) == [])
    }

    @Test func whatIsNotIsSeen() {
        #expect(!complaints("queen stop", .exit(75), errors: Self.error).isEmpty, "an exit code that its help does not know")
        #expect(!complaints("queen start", .exit(2), errors: Self.error).isEmpty)
        #expect(!complaints("up", .exit(130), errors: Self.error).isEmpty, "interrupted by nobody")
        #expect(!complaints("up", .signal(9)).isEmpty, "a signal that nobody sent")
        #expect(!complaints("up", .signal(11), signals: [9]).isEmpty)
        #expect(!complaints("up", .overdue).isEmpty)
        #expect(!complaints("up", .streamsHeld).isEmpty)
        #expect(!complaints("up", .exit(1)).isEmpty, "fails without a word")
        #expect(!complaints("up", .exit(1), errors: "error: something is wrong here\n").isEmpty, "no command that helps")
        #expect(!complaints("up --json", .exit(1), errors: Self.error).isEmpty, "text instead of JSON")
        #expect(!complaints("up --json", .exit(1), errors: #"{"error":{"code":"x","message":"y","next":[]}}"#).isEmpty)
        #expect(!complaints("list --json", .exit(0), output: "no").isEmpty)
        #expect(!complaints("infer hello", .exit(0)).isEmpty, "no answer")
        #expect(!complaints("up", .exit(1), errors: Self.error + "a.swift:3: Fatal error: index out of range").isEmpty)
        #expect(!complaints("up", .exit(1), errors: "error: queen/default was ended by signal 5\n  try: x").isEmpty)
    }
}
