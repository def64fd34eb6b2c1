import DaemonRuntime
import Testing

@Suite struct CommandArgumentsTests {
    private static let options =
        CommandOption.shared + [CommandOption("--model", value: "NAME", "model", repeats: true), CommandOption("--quiet", "quiet")]

    private func parse(_ arguments: String...) throws(UsageError) -> CommandArguments {
        try CommandArguments(arguments, options: Self.options)
    }

    @Test func readsValuesInBothForms() throws {
        let arguments = try parse("--instance", "a", "--port=80", "--quiet", "--model", "x", "--model=y=z", "--ttl", "-1")
        #expect(arguments.value("--instance") == "a")
        #expect(try arguments.port("--port") == 80)
        #expect(arguments.has("--quiet") && !arguments.has("--help"))
        #expect(arguments.values("--model") == ["x", "y=z"])
        #expect(arguments.value("--ttl") == "-1")
        #expect(try arguments.duration("--log-level") == nil)
    }

    @Test(arguments: [
        (["--nope"], "unknown option --nope"),
        (["--nope=1"], "unknown option --nope"),
        (["-x"], "unknown option -x"),
        (["start"], "unexpected argument \"start\""),
        ([""], "unexpected argument \"\""),
        (["--port"], "--port needs a value"),
        (["--port", "1", "--port", "2"], "--port is given twice"),
        (["--quiet=1"], "--quiet takes no value"),
    ])
    func refuses(arguments: [String], message: String) {
        #expect(throws: UsageError(message)) { try CommandArguments(arguments, options: Self.options) }
    }

    @Test func refusesValuesThatAreNotWhatTheyMustBe() throws {
        #expect(throws: UsageError("--port: \"70000\" is no port: expected 0 to 65535")) { try parse("--port", "70000").port("--port") }
        #expect(throws: UsageError.self) { try parse("--ttl", "soon").duration("--ttl") }
        #expect(throws: UsageError("--model is required")) { try parse().required("--model") }
        #expect(throws: UsageError("--port: \"9\" is not a whole number from 1 to 5")) {
            try parse("--port", "9").number("--port", in: 1...5)
        }
    }

    @Test func theShortFormOfHelp() throws {
        #expect(try parse("-h").has("--help"))
    }
}
