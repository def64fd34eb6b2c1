import DaemonContract

/// Judges the end of a command by what is documented of it. Pure.
enum CommandVerdict {
    /// What a command may exit with, by `rbee-keeper COMMAND --help`; 1 (failed, and says why) is open to all of them.
    static func documented(_ words: [String]) -> Set<Int32> {
        switch words.first {
        case "queen", "hive", "worker", "context":
            switch words.dropFirst().first {
            case "start", "ensure": [0, 1, 4, 75, 130]
            // Of a worker that does not run nobody knows what it served.
            case "restart": [0, 1, 2, 3, 4, 75, 130]
            case "stop": [0, 1, 4, 130]
            case "spawn": [0, 1, 3, 4, 130]
            case "init", "graft": [0, 1, 4, 130]
            case "project": [0, 1, 3, 4, 130]
            case "ping": [0, 1, 3, 4, 130]
            case "get": words.first == "context" ? [0, 1, 4, 130] : [0, 1, 3, 4]
            default: [0, 1, 2, 3]
            }
        case "up": [0, 1, 4, 75, 130]
        case "down", "shutdown-all": [0, 1, 4, 130]
        case "infer": [0, 1, 3, 4, 130]
        case "ping": [0, 1, 3, 4]
        case "status": [0, 1, 3, 4]
        case "keep-alive": [0, 1, 3, 4, 130]
        case "list", "doctor": [0, 1]
        default: [0, 1]
        }
    }

    /// Commands whose exit code tells a state, without an error.
    private static func tellsByCode(_ words: [String], _ code: Int32) -> Bool {
        words.first == "status" && (code == 3 || code == 4) || words.first == "doctor" && code == 1
    }

    /// What no program may ever print.
    private static let crashes = [
        "Fatal error", "Illegal instruction", "Segmentation fault", "Stack dump", "left its protocol", "*** Signal",
        "was ended by signal 4", "was ended by signal 5", "was ended by signal 6", "was ended by signal 7", "was ended by signal 8",
        "was ended by signal 11",
    ]

    /// What is wrong with how a command ended; empty when nothing is.
    ///
    /// - Parameter signals: those that were sent to it.
    static func complaints(_ words: [String], _ outcome: KeeperRun.Outcome, signals: Set<Int32>) -> [String] {
        var complaints = Self.crashes.filter { outcome.errors.contains($0) || outcome.output.contains($0) }.map { "it printed \"\($0)\"" }
        switch outcome.end {
        case .overdue:
            complaints.append("it did not end within \(KeeperRun.bound)")
        case .streamsHeld:
            complaints.append("it ended, and something that it started holds its streams")
        case .signal(let number):
            if !signals.contains(number) { complaints.append("it was ended by signal \(number), which nobody sent") }
        case .exit(let code):
            // A polite request to end, as a shell shows it.
            if signals.contains(code - 128) { break }
            if code == 130 || !documented(words).contains(code) { complaints.append("it exited with \(code), which is not documented") }
            if code == 0 {
                complaints += silence(words, outcome)
            } else if !tellsByCode(words, code) {
                complaints += mute(words, outcome)
            }
        }
        return complaints
    }

    /// A command that failed says why, and which command helps.
    private static func mute(_ words: [String], _ outcome: KeeperRun.Outcome) -> [String] {
        let lines = outcome.errors.split(separator: "\n")
        if words.contains("--json") {
            let wire = lines.last { $0.hasPrefix("{") }.flatMap { try? ContractJSON.decode(Failure.self, text: String($0)) }
            guard let error = wire?.error else { return ["it failed without an error in JSON"] }
            return (error.message.isEmpty ? ["its error says nothing"] : [])
                + (error.next.isEmpty ? ["its error names no command that helps"] : [])
        }
        let says = lines.contains { $0.hasPrefix("error: ") && $0.count > "error: ".count + 8 }
        let helps = lines.contains { $0.hasPrefix("  try: ") }
        return (says ? [] : ["it failed without saying why"]) + (helps ? [] : ["its error names no command that helps"])
    }

    /// A command that succeeded says what it was asked for.
    private static func silence(_ words: [String], _ outcome: KeeperRun.Outcome) -> [String] {
        if words.starts(with: ["context", "get"]), outcome.output.isEmpty { return ["it succeeded without an answer"] }
        guard words.contains("--json") || words.first == "infer" else { return [] }
        if words.first == "infer" { return outcome.output.isEmpty ? ["it succeeded without an answer"] : [] }
        let isTable = ["list", "status", "up"].contains(words.first)
        let isRight =
            isTable
            ? (try? ContractJSON.decode(DaemonStatusList.self, text: outcome.output)) != nil
            : (try? ContractJSON.decode(JSONValue.self, text: outcome.output)) != nil
        return isRight ? [] : ["its output is not the JSON that it should be"]
    }

    private struct Failure: Decodable {
        struct Detail: Decodable {
            let code: String
            let message: String
            let next: [String]
        }

        let error: Detail
    }
}

/// What `start`, `ensure` and `restart` say they found or made.
struct StartClaim: Decodable, Sendable, Hashable {
    let kind: String
    let instance: String
    let pid: Int32?
    let url: String

    var daemon: String { "\(kind)/\(instance)" }

    private enum CodingKeys: String, CodingKey {
        case kind, instance, pid
        case url = "base_url"
    }

    init(kind: String, instance: String, pid: Int32?, url: String) {
        self.kind = kind
        self.instance = instance
        self.pid = pid
        self.url = url
    }

    /// What the output of a command claims; nil for a command that claims nothing.
    init?(_ words: [String], _ outcome: KeeperRun.Outcome) {
        guard outcome.end == .exit(0), words.contains("--json"), ["start", "ensure", "restart"].contains(words.dropFirst().first),
            let claim = try? ContractJSON.decode(StartClaim.self, text: outcome.output)
        else { return nil }
        self = claim
    }
}
