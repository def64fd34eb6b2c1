import EventLoop
import Glibc

// Storms over rbee: see Options.usage, and CONTRIBUTING.md.
let words = Array(CommandLine.arguments.dropFirst())
switch words.first.flatMap(ProgramMode.init(rawValue:)) {
case .engine: Engine.run(port: words.dropFirst().first.flatMap { Int($0) } ?? 0)
case .engineChild: Engine.child()
case .bystander: BystanderProgram.run(log: words.dropFirst().first ?? "/dev/null")
case .janitor: Janitor.run(root: words.dropFirst().first ?? "/nowhere")
case nil: break
}

var random = SystemRandomNumberGenerator()
guard let options = Options(words, randomSeed: UInt64.random(in: 0...999_999_999, using: &random)) else {
    Console.say(Options.usage)
    exit(64)
}
if options.showsPlan {
    let planner = Planner(seed: options.seed)
    for number in options.first..<(options.first + options.plannedRounds) {
        for line in PlanText.lines(of: planner.round(number)) { Console.say(line) }
    }
    exit(0)
}
// Library callers find everything by their home, and nothing by what this program was started with.
for variable in ["RBEE_HOME", "RBEE_BIN_DIR", "RBEE_NONCE", "RBEE_OWNER", "RBEE_LOCK_FD", "NOTIFY_SOCKET"] { unsetenv(variable) }
signal(SIGPIPE, SIG_IGN)
Program.start(options)
while true { pause() }
