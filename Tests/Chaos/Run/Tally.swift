import Synchronization

/// Counts what was done, for the report.
final class Tally: Sendable {
    enum Count: String, Sendable, CaseIterable {
        case rounds, keepers, libraryCalls, requests, ensures, confirmedByAsking, damages, quietPoints, lawChecks, strikesWithoutVictim
        case damagesWithoutFile, commandsFailed, commandsStruck, ruses, latecomers, trials
    }

    private struct State {
        var counts: [Count: Int] = [:]
        var blows: [String: Int] = [:]
        var damages: [String: Int] = [:]
        var exits: [String: Int] = [:]
    }

    private let state = Mutex(State())

    func add(_ count: Count, _ number: Int = 1) {
        state.withLock { $0.counts[count, default: 0] += number }
    }

    func blow(_ means: Strike.Means, at role: Role) {
        let name =
            switch means {
            case .kill: "SIGKILL"
            case .terminate: "SIGTERM"
            case .interrupt: "SIGINT"
            case .suspend: "SIGSTOP+SIGCONT"
            }
        state.withLock { $0.blows["\(name) \(role.rawValue)", default: 0] += 1 }
    }

    func damage(_ damage: Damage) {
        state.withLock { state in
            state.counts[.damages, default: 0] += 1
            state.damages[damage.target.rawValue, default: 0] += 1
        }
    }

    func exit(_ text: String) {
        state.withLock { $0.exits[text, default: 0] += 1 }
    }

    func value(_ count: Count) -> Int {
        state.withLock { $0.counts[count] ?? 0 }
    }

    var blows: [(name: String, count: Int)] { state.withLock { Self.sorted($0.blows) } }
    var damages: [(name: String, count: Int)] { state.withLock { Self.sorted($0.damages) } }
    var exits: [(name: String, count: Int)] { state.withLock { Self.sorted($0.exits) } }

    private static func sorted(_ counts: [String: Int]) -> [(name: String, count: Int)] {
        counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
