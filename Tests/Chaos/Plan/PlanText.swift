/// The plan as text: the same text for the same seed.
enum PlanText {
    static func lines(of round: Round) -> [String] {
        var lines = [
            "round \(round.number): storm of \(round.length) ms over home \(ChaosHome.letter(round.home)), then \(round.ending.rawValue)"
        ]
        for (index, lane) in round.lanes.enumerated() {
            lines += lane.map { "  keeper \(index)  +\($0.pause) ms  rbee-keeper \($0.text)" }
        }
        for (index, lane) in round.callers.enumerated() {
            lines += lane.map { "  library \(index) +\($0.pause) ms  \($0.text)" }
        }
        lines += round.witnesses.map { "  witness   +\($0.pause) ms  rbee-keeper \($0.text)" }
        lines += round.strikes.map { "  strike    \($0.at) ms  \($0)" }
        lines += round.damages.map { "  damage    \($0.at) ms  \($0)" }
        lines += round.ruses.map { "  ruse      \($0.at) ms  \($0)" }
        lines += round.latecomers.map { "  late      \($0.at) ms  \($0)" }
        return lines
    }
}
