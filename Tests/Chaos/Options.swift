/// What the command line asks for.
struct Options: Sendable, Hashable {
    var seed: UInt64
    var minutes = 1.0
    /// The number of the first round.
    var first = 0
    /// So many rounds instead of so many minutes.
    var rounds: Int?
    var showsPlan = false
    var isLoud = false
    var keepsFiles = false

    static let usage = """
        usage: rbee-chaos [--seed N] [--minutes M | --rounds N] [--from ROUND] [--plan] [--verbose] [--keep]

        Lets storms rage over two homes of rbee and checks its laws in the quiet between them. Exit 1 when one is broken.
          --seed N      what is done to whom, in which order and when, is a function of it; a random one without it
          --minutes M   begin no round after so long (1)
          --rounds N    so many rounds, however long they take
          --from ROUND  begin with this round of the plan (0)
          --plan        print the plan, and do nothing
          --verbose     say everything as it happens
          --keep        leave homes and timeline for a look, also when all is well
        """

    /// - Returns: nil for a command line that cannot be understood.
    init?(_ arguments: [String], randomSeed: UInt64) {
        seed = randomSeed
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--plan": showsPlan = true
            case "--verbose": isLoud = true
            case "--keep": keepsFiles = true
            case "--seed":
                guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = number
            case "--minutes":
                guard let number = rest.popFirst().flatMap({ Double($0) }), number > 0 else { return nil }
                minutes = number
            case "--rounds":
                guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else { return nil }
                rounds = number
            case "--from":
                guard let number = rest.popFirst().flatMap({ Int($0) }), number >= 0 else { return nil }
                first = number
            default: return nil
            }
        }
    }

    /// Whether another round is begun.
    func allows(round: Int, after elapsed: Duration) -> Bool {
        if let rounds { return round < first + rounds }
        return elapsed < .seconds(minutes * 60)
    }

    /// The command that does the same again.
    func replay(rounds done: Int) -> String {
        "make chaos SEED=\(seed) ROUNDS=\(done)\(first == 0 ? "" : " FROM=\(first)")"
    }

    /// How many rounds of the plan are shown: about as many as the time allows.
    var plannedRounds: Int { rounds ?? max(1, Int(minutes * 6)) }
}
