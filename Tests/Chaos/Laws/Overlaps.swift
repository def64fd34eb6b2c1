import Platform
import Synchronization

/// Watches law 1 while the storm lasts: whether two processes that were each started with the lock of one daemon live at the same time.
///
/// A look at /proc is no instant: what it shows first may be gone before it shows the rest. So two are suspected at one look, and convicted at
/// a later one, if both live on by their pidfds.
final class Overlaps: Sendable {
    private struct Suspicion {
        let first: ProcessWatch
        let second: ProcessWatch
        let text: String
        var looks = 0
    }

    private struct Pair: Hashable {
        let home: Int
        let daemon: String
        let keys: Set<SeenProcess.Key>
    }

    private struct State {
        /// Daemons whose lock file was taken from under them in this storm.
        var excused: Set<String> = []
        /// All of a home are, once the folder of their locks was removed.
        var excusesAll = false
        var suspicions: [Pair: Suspicion] = [:]
        var violations: [Violation] = []
        var seen: [Int32: SeenProcess] = [:]
        var started = 0
    }

    /// Two that live together for so many looks are two.
    private static let convicting = 3

    private let state = Mutex(State())

    func beginStorm() {
        state.withLock { state in
            state.excused = []
            state.excusesAll = false
            state.suspicions = [:]
        }
    }

    /// The lock file of a daemon was removed or replaced; nil: those of all.
    func excuse(_ daemon: String?) {
        state.withLock { state in
            if let daemon { state.excused.insert(daemon) } else { state.excusesAll = true }
        }
    }

    /// Whether the lock file of a daemon was removed or replaced in this storm.
    func isExcused(_ daemon: String) -> Bool {
        state.withLock { $0.excusesAll || $0.excused.contains(daemon) }
    }

    /// Takes a look into account.
    func saw(_ processes: [SeenProcess]) {
        let daemons = processes.filter { $0.role.isDaemon }
        state.withLock { state in
            for process in daemons where state.seen[process.pid]?.key != process.key {
                state.seen[process.pid] = process
                state.started += 1
            }
            let groups = Dictionary(grouping: daemons.filter(\.hasInheritedLock)) { "\($0.home) \($0.daemon ?? "")" }
            var together: Set<Pair> = []
            for group in groups.values where group.count > 1 {
                for (index, first) in group.enumerated() {
                    for second in group[(index + 1)...] { Self.suspect(first, second, &state, &together) }
                }
            }
            for pair in Set(state.suspicions.keys).subtracting(together) { state.suspicions[pair] = nil }
        }
    }

    private static func suspect(_ first: SeenProcess, _ second: SeenProcess, _ state: inout State, _ together: inout Set<Pair>) {
        let daemon = first.daemon ?? ""
        guard !state.excusesAll, !state.excused.contains(daemon) else { return }
        let pair = Pair(home: first.home, daemon: daemon, keys: [first.key, second.key])
        together.insert(pair)
        if state.suspicions[pair] == nil {
            guard let one = (try? ProcessWatch.open(pid: first.pid)) ?? nil, let other = (try? ProcessWatch.open(pid: second.pid)) ?? nil
            else {
                return
            }
            state.suspicions[pair] = Suspicion(first: one, second: other, text: "\(first); \(second)")
        }
        guard var suspicion = state.suspicions[pair], !suspicion.first.hasExited, !suspicion.second.hasExited else {
            state.suspicions[pair] = nil
            return
        }
        suspicion.looks += 1
        state.suspicions[pair] = suspicion
        guard suspicion.looks == convicting else { return }
        state.violations.append(
            Violation(.one, home: first.home, daemon: daemon, "two processes that hold its lock lived at the same time: \(suspicion.text)"))
    }

    /// Whether a process of that number was once seen to be this daemon of this home.
    func hasSeen(_ pid: Int32, as daemon: String, home: Int) -> Bool {
        state.withLock { $0.seen[pid].map { $0.daemon == daemon && $0.home == home } ?? false }
    }

    /// How many processes of daemons were seen.
    var started: Int { state.withLock { $0.started } }

    func takeViolations() -> [Violation] {
        state.withLock { state in
            defer { state.violations = [] }
            return state.violations
        }
    }
}
