import BenchReport
import Testing

@Suite struct BenchArgumentsTests {
    private func parse(_ words: String...) throws -> BenchArguments { try BenchArguments(words, benchmarks: ["ipc", "http"]) }

    @Test func oneBenchmarkTakesItsTime() throws {
        let arguments = try parse("ipc")
        #expect(arguments.command == .measure(["ipc"]))
        #expect(!arguments.isQuick)
        #expect(arguments.json == nil)
    }

    @Test func allOfThemAreShort() throws {
        #expect(try parse("all").command == .measure(["ipc", "http"]))
        #expect(try parse("all").isQuick)
        #expect(try !parse("all", "--full").isQuick)
    }

    @Test func optionsAreTaken() throws {
        let arguments = try parse(
            "http", "--quick", "--rounds", "7", "--seconds", "60", "--strict", "--compare", "old.json", "--json", "new.json")
        #expect(arguments.isQuick && arguments.isStrict)
        #expect(arguments.rounds == 7 && arguments.seconds == 60)
        #expect(arguments.comparedFile == "old.json")
        #expect(arguments.json == .file("new.json"))
    }

    @Test func jsonWithoutAFileGoesToStandardOutput() throws {
        #expect(try parse("ipc", "--json").json == .standardOutput)
        #expect(try parse("ipc", "--json", "--quick").json == .standardOutput)
        #expect(try parse("ipc", "--json", "--quick").isQuick)
    }

    @Test(arguments: [["--help"], ["-h"], ["help"], ["ipc", "--help"], ["ipc", "--rounds", "3", "-h"], ["compare", "--help"]])
    func helpIsGivenWhereverItIsAskedFor(words: [String]) throws {
        #expect(try BenchArguments(words, benchmarks: ["ipc"]).command == .help)
    }

    @Test func twoFilesAreCompared() throws {
        #expect(try parse("compare", "a.json", "b.json", "--strict").command == .compare(old: "a.json", new: "b.json"))
    }

    @Test(
        arguments: [
            ([], "what is to be measured? One of: ipc, http, or all"),
            (["ipcc"], "\"ipcc\" is no benchmark. There are: ipc, http, all, and compare"),
            (["ipc", "http"], "\"http\" is one word too many after ipc"),
            (
                ["ipc", "--fast"],
                "there is no option --fast. There are: --json --compare --quick --full --rounds --seconds --strict --help"
            ),
            (["ipc", "--rounds"], "--rounds takes a number from 1 to 100000"),
            (["ipc", "--rounds", "0"], "--rounds takes a number from 1 to 100000, and \"0\" is none"),
            (
                ["ipc", "--rounds", "99999999999999999999"],
                "--rounds takes a number from 1 to 100000, and \"99999999999999999999\" is none"
            ),
            (["ipc", "--compare", "--json"], "--compare takes an earlier run's file"),
            (["compare", "a.json"], "compare takes two files: rbee-bench compare OLD.json NEW.json"),
            (["compare", "a", "b", "c"], "\"c\" is one word too many after compare"),
            (["compare", "a", "b", "--rounds", "3"], "compare measures nothing: of the options it takes --strict alone"),
        ] as [([String], String)])
    func whatCannotBeUnderstoodSaysWhatThereIs(words: [String], expected: String) {
        let error = #expect(throws: UsageError.self) { try BenchArguments(words, benchmarks: ["ipc", "http"]) }
        #expect(error?.description == expected)
    }

    @Test func theHelpNamesEveryOptionAndBenchmark() {
        let text = BenchHelp.text([(name: "ipc", summary: "a socket"), (name: "http", summary: "nginx")])
        for option in BenchArguments.options + ["ipc   ", "http  ", "all  ", "compare  ", "a socket", "nginx", "130"] {
            #expect(text.contains(option), "\(option) is missing")
        }
        #expect(text.contains(Comparison.rule))
    }
}
