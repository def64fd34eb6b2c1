import KeeperCommands
import Testing

@Suite struct HelpTests {
    private let table = CommandTable.keeper
    private let help = HelpText(.keeper)

    @Test func overviewIsFrozen() {
        #expect(
            help.text(for: []) == """
                rbee-keeper - start, find, keep alive and cleanly stop the local daemons of rbee

                Usage:
                  rbee-keeper COMMAND [options]

                Commands:
                  up            start queen and hive, and workers for the models named
                  down          stop what this keeper started
                  status        show the daemons and how they are
                  list          list the daemons that run
                  infer         complete a prompt with a model, token by token
                  ping          ask a daemon for an answer, which keeps it alive
                  logs          show a daemon's log
                  doctor        look for what is wrong and say what helps
                  keep-alive    keep daemons from expiring for as long as this runs
                  shutdown-all  stop every daemon of this user in this home, whoever owns it
                  help          show help for a command
                  queen         the queen: takes requests and jobs and hands them to workers
                  hive          the hive: starts, supervises and stops the workers of this machine
                  worker        workers: each serves one model
                  process       plain programs that the hive keeps running
                  context       the context daemon: remembers projects for coding tools
                  boot          daemons that are started at login or boot
                  config        the configuration

                Options of every command:
                      --json              print results (and errors) as JSON
                      --home DIR          keep everything beneath DIR (run, data, logs, bin, config.yaml) (default:
                                          RBEE_HOME, else XDG)
                      --timeout DURATION  give up after so long, such as 10s or 2m; 0 never (default: per command)
                  -q, --quiet             say nothing on standard error but errors
                  -v, --verbose           say more on standard error
                      --no-color          no colour, as with NO_COLOR=1
                  -h, --help              show this help
                      --version           show the version

                Exit codes:
                  0    done, also when it already was so
                  1    failed; the error says what, why and which command helps
                  2    the command line is wrong; nothing was done
                  3    not running
                  4    timed out
                  75   lost a race against another caller
                  130  interrupted with Ctrl-C

                'rbee-keeper COMMAND --help' tells more about one command.

                """)
    }

    @Test func aGroupIsFrozen() {
        #expect(
            help.text(for: ["queen"]) == """
                rbee-keeper queen - the queen: takes requests and jobs and hands them to workers

                Usage:
                  rbee-keeper queen COMMAND [options]

                Commands:
                  start      start the queen, or say that it already runs
                  ensure     make sure that the queen runs and answers, as itself
                  stop       stop the queen and everything it started
                  restart    stop the queen and start it again; what it owns keeps running
                  status     show how the queen is
                  logs       show the log of the queen
                  install    install the program queen-rbee
                  uninstall  remove the installed program queen-rbee

                'rbee-keeper queen COMMAND --help' tells more about one command.

                """)
    }

    @Test func aCommandIsFrozen() {
        #expect(
            help.text(for: ["queen", "stop"]) == """
                rbee-keeper queen stop - stop the queen and everything it started

                Usage:
                  rbee-keeper queen stop [options] [INSTANCE...]

                Asks it to finish, then terminates, then kills; returns when the whole tree of its processes is
                gone. Not running is fine.

                With --json: {"stopped":[…],"left":[]}.

                Arguments:
                  INSTANCE  which ones of the kind, when it is not the usual one

                Options:
                      --grace DURATION  let it finish what is in flight for so long (default: its own, 10s)
                      --no-cascade      leave what it owns running

                Options of every command:
                      --json              print results (and errors) as JSON
                      --home DIR          keep everything beneath DIR (run, data, logs, bin, config.yaml) (default:
                                          RBEE_HOME, else XDG)
                      --timeout DURATION  give up after so long, such as 10s or 2m; 0 never (default: what the steps
                                          of the stop add up to, 16s)
                  -q, --quiet             say nothing on standard error but errors
                  -v, --verbose           say more on standard error
                      --no-color          no colour, as with NO_COLOR=1
                  -h, --help              show this help
                      --version           show the version

                Exit codes:
                  0    it is gone, also when it did not run
                  1    failed; the error says what, why and which command helps
                  2    the command line is wrong; nothing was done
                  4    timed out
                  130  interrupted with Ctrl-C

                Examples:
                  rbee-keeper queen stop             stop it
                  rbee-keeper queen stop --grace 1s  and wait less for requests in flight

                """)
    }

    @Test func everyCommandHasHelpAtEveryLevel() throws {
        for path in table.groups.map(\.path) + table.commands.map(\.path) + [[]] {
            let text = try #require(help.text(for: path))
            #expect(text.hasPrefix("rbee-keeper\(path.map { " " + $0 }.joined()) - "), "\(path)")
            for line in text.split(separator: "\n") {
                #expect(line.count <= 100, "\(path): \(line)")
                #expect(!line.hasSuffix(" "), "\(path): \(line)")
            }
        }
    }

    @Test func everyCommandTellsItsExitCodesAndGivesExamplesThatParse() throws {
        for command in table.commands {
            #expect(command.exits.contains { $0.code == .done }, "\(command.name)")
            #expect(command.exits.contains { $0.code == .usage }, "\(command.name)")
            #expect(!command.examples.isEmpty, "\(command.name)")
            #expect(!command.summary.hasSuffix(".") && command.summary.first?.isUppercase == false, "\(command.name)")
            for example in command.examples {
                let line = try words(example.line)
                guard case .run(let parsed, _) = try ArgumentParser(table).parse(line) else {
                    Issue.record("\(example.line)")
                    continue
                }
                #expect(parsed.name == command.name || command.name == "help" || command.name == "config path", "\(example.line)")
            }
        }
    }

    @Test func namesAndLettersAreUniqueInEveryCommand() {
        for command in table.commands {
            let options = command.options + table.globals
            #expect(Set(options.map(\.name)).count == options.count, "\(command.name)")
            let letters = options.compactMap(\.short)
            #expect(Set(letters).count == letters.count, "\(command.name)")
        }
        #expect(Set(table.commands.map(\.path)).count == table.commands.count)
    }

    @Test func helpAndVersionTouchNothing() async {
        for path in table.groups.map(\.path) + table.commands.map(\.path) + [[]] {
            let shown = await KeeperFixture().run(path + ["--help"])
            #expect(shown.exit == .done && shown.output == help.text(for: path) && shown.errors.isEmpty, "\(path)")
            let asked = await KeeperFixture().run(["help"] + path)
            #expect(asked.exit == .done && asked.output == shown.output, "\(path)")
        }
        let version = await KeeperFixture().run("--version")
        #expect(version.output == "rbee-keeper 0.1.0\n")
        let json = await KeeperFixture().run("--version", "--json")
        #expect(json.output == #"{"name":"rbee-keeper","version":"0.1.0"}"# + "\n")
    }

    @Test func helpForWhatDoesNotExist() async {
        let outcome = await KeeperFixture().run("help", "queen", "strat")
        #expect(outcome.exit == .usage)
        #expect(outcome.output.isEmpty)
        #expect(
            outcome.errors == """
                error: there is no command 'queen strat'
                  try: rbee-keeper help queen start
                  try: rbee-keeper queen --help

                """)
    }

    /// The words of rbee-keeper in a line of shell, quotes taken off; what is before and after it is left out.
    private func words(_ line: String) throws -> [String] {
        var words: [String] = []
        var current = ""
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { current.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == " " {
                if !current.isEmpty { words.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { words.append(current) }
        guard let start = words.firstIndex(of: "rbee-keeper") else { return ["config", "path"] }
        return Array(words[(start + 1)...].prefix { $0 != "|" && $0 != "&&" })
    }
}
