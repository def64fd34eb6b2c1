import KeeperCommands
import Testing

@Suite struct ArgumentParserTests {
    private static let name = OptionSpec.value("name", short: "n", "NAME", .text, "a name")
    private static let count = OptionSpec.value("count", "N", .integer(0...9), "a number", fallback: "3")
    private static let loud = OptionSpec.flag("loud", short: "l", "louder")
    private static let tag = OptionSpec.value("tag", "TAG", .text, "a tag", mayRepeat: true)
    private static let share = OptionSpec.value("share", "P", .number(-1...1), "a share")
    private static let wait = OptionSpec.value("wait", "DURATION", .duration, "a wait")

    private static let table = CommandTable(
        program: "tool", summary: "a tool",
        groups: [CommandGroup("queen", summary: "the queen"), CommandGroup("hive", summary: "the hive")],
        commands: [
            Command(
                "say", summary: "say it", options: [name, count, loud, tag, share, wait], operands: [OperandSpec("WORD", .text, "a word")]
            ) {
                _ in .done
            },
            Command("many", summary: "many", operands: [OperandSpec("WORD", .text, "words", count: .any)]) { _ in .done },
            Command("maybe", summary: "maybe", operands: [OperandSpec("DAEMON", .daemon, "a daemon", count: .optional)]) { _ in .done },
            Command("queen", "start", summary: "start the queen") { _ in .done },
            Command("queen", "stop", summary: "stop the queen") { _ in .done },
            Command("hive", "start", summary: "start the hive") { _ in .done },
        ],
        globals: OptionSpec.globals)

    private func run(_ arguments: String...) throws -> (command: String, arguments: Arguments) {
        guard case .run(let command, let arguments) = try ArgumentParser(Self.table).parse(arguments) else {
            throw UsageError("not a command", path: [])
        }
        return (command.name, arguments)
    }

    private func complaint(_ arguments: String...) -> UsageError? {
        do {
            _ = try ArgumentParser(Self.table).parse(arguments)
            return nil
        } catch {
            return error
        }
    }

    @Test func commandPathsOfOneAndTwoWords() throws {
        #expect(try run("queen", "start").command == "queen start")
        #expect(try run("say", "x").command == "say")
    }

    @Test func everySpellingOfAValue() throws {
        for line in [["--name", "a b"], ["--name=a b"], ["-n", "a b"], ["-na b"], ["-n=a b"], ["-ln", "a b"], ["-lna b"]] {
            guard case .run(_, let arguments) = try ArgumentParser(Self.table).parse(["say", "w"] + line) else {
                Issue.record("\(line)")
                continue
            }
            #expect(arguments.text(Self.name) == "a b", "\(line)")
        }
    }

    @Test func anAttachedValueMayBeEmptyOrHoldAnEqualsSign() throws {
        #expect(try run("say", "w", "--name=").arguments.text(Self.name) == "")
        #expect(try run("say", "w", "--name=a=b").arguments.text(Self.name) == "a=b")
    }

    @Test func fallbacksCountOnlyWhenNothingIsGiven() throws {
        #expect(try run("say", "w").arguments.integer(Self.count) == 3)
        #expect(try !run("say", "w").arguments.has(Self.count))
        #expect(try run("say", "w", "--count", "9").arguments.integer(Self.count) == 9)
    }

    @Test func optionsMayStandAnywhere() throws {
        #expect(try run("--json", "say", "-l", "w", "--count=1").arguments.has(.json))
        #expect(try run("queen", "--json", "start").arguments.has(.json))
        #expect(try run("queen", "start", "--json").command == "queen start")
    }

    @Test func afterTwoDashesEverythingIsAnArgument() throws {
        let (_, arguments) = try run("many", "--json", "--", "--name", "-x", "--")
        #expect(arguments.operands == ["--name", "-x", "--"])
        #expect(arguments.has(.json))
    }

    @Test func aSingleDashIsAnArgument() throws {
        #expect(try run("say", "-").arguments.operands == ["-"])
        #expect(try run("say", "w", "--name", "-").arguments.text(Self.name) == "-")
    }

    @Test func negativeNumbersAreValues() throws {
        #expect(try run("say", "w", "--share", "-0.5").arguments.number(Self.share) == -0.5)
    }

    @Test func repeatableOptionsCollect() throws {
        #expect(try run("say", "w", "--tag", "a", "--tag=b").arguments.options["tag"] == ["a", "b"])
        #expect(try run("say", "w", "-l", "--loud").arguments.has(Self.loud))
    }

    @Test func durations() throws {
        #expect(try run("say", "w", "--wait", "1.5s").arguments.duration(Self.wait) == .milliseconds(1500))
    }

    @Test(arguments: [
        (["say", "w", "--name"], "--name needs a value (NAME)"),
        (["say", "w", "-n"], "-n needs a value (NAME)"),
        (
            ["say", "w", "--name", "--loud"],
            "--name needs a value (NAME); '--loud' looks like an option, so if it is meant write --name=--loud"
        ),
        (["say", "w", "--loud=yes"], "--loud takes no value"),
        (["say", "w", "--name", "a", "-n", "b"], "-n is given twice"),
        (["say", "w", "--count", "ten"], "--count ten: expected a whole number from 0 to 9"),
        (["say", "w", "--count", "10"], "--count 10: expected a whole number from 0 to 9"),
        (["say", "w", "--share", "nan"], "--share nan: expected a number from -1.0 to 1.0"),
        (["say", "w", "--wait", "5"], "--wait 5: expected a duration such as 500ms, 1.5s, 2m or 1h (0 for none)"),
        (["say"], "WORD is missing"),
        (["say", "a", "b"], "unexpected argument 'b'; it takes WORD"),
        (["queen", "start", "now"], "unexpected argument 'now'; it takes none"),
        (["maybe", "castle"], "DAEMON 'castle': expected a daemon such as queen, hive or worker/tiny-1"),
        ([], "no command given"),
        (["queen"], "'tool queen' needs one of: start, stop"),
        (["--home"], "--home needs a value (DIR)"),
        (["--home", "", "say", "w"], "--home '': expected a path, not an empty text"),
        (["queen", "start", "-x"], "unknown option -x of 'tool queen start'"),
        (["-hello"], "unknown option -e in '-hello'"),
        (["queen", "start", "-hx"], "unknown option -x in '-hx' of 'tool queen start'"),
        (["--loud", "say", "w"], "--loud is no option of every command; write it after the command, as in 'tool say --loud'"),
    ])
    func complaints(_ line: [String], _ message: String) {
        #expect(throws: UsageError.self) { try ArgumentParser(Self.table).parse(line) }
        do { _ = try ArgumentParser(Self.table).parse(line) } catch { #expect(error.message == message) }
    }

    @Test func aMisspeltWordGetsASuggestion() {
        #expect(complaint("quen", "start")?.suggestions == ["tool queen"])
        #expect(complaint("queen", "strat")?.suggestions == ["tool queen start"])
        #expect(complaint("queen", "strat")?.path == ["queen"])
        #expect(complaint("say", "w", "--laud")?.suggestions == ["tool say --loud"])
        #expect(complaint("say", "w", "--colour")?.suggestions == [])
        #expect(complaint("xyzzy")?.suggestions == [])
    }

    @Test func wordsInTheWrongOrderGetASuggestion() {
        #expect(complaint("start", "hive")?.suggestions == ["tool hive start"])
        #expect(complaint("start")?.suggestions == ["tool queen start", "tool hive start"])
    }

    @Test func helpWinsOverAnythingWrong() throws {
        func path(_ arguments: String...) throws -> [String]? {
            guard case .help(let path, _) = try ArgumentParser(Self.table).parse(arguments) else { return nil }
            return path
        }
        #expect(try path("--help") == [])
        #expect(try path("-h") == [])
        #expect(try path("queen", "--help") == ["queen"])
        #expect(try path("queen", "start", "--bogus", "-h") == ["queen", "start"])
        #expect(try path("say", "--name", "--help") == ["say"])
        #expect(try path("queen", "strat", "--help") == ["queen"])
        #expect(try path("say", "--", "--help") == nil)
    }

    @Test func versionNeedsNoCommand() throws {
        guard case .version = try ArgumentParser(Self.table).parse(["--version"]) else {
            Issue.record("no version")
            return
        }
    }

    @Test func everyPrefixOfACommandLineEndsInAnAnswerOrAComplaint() {
        let line = ["--json", "say", "--name", "x", "-n", "--count=3", "--", "-", "--help", "", "=", "--=", "--=x", "-=", "\u{0}", "é"]
        for start in line.indices {
            for end in start...line.count { _ = try? ArgumentParser(Self.table).parse(Array(line[start..<end])) }
        }
    }
}
