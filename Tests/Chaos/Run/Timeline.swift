import Glibc
import Synchronization

/// What happened, in order. Kept whole: a violation is explained by what came before it.
final class Timeline: Sendable {
    struct Entry: Sendable {
        let milliseconds: Int
        let round: Int
        /// 0 or 1; nil: both, or none.
        let home: Int?
        /// The daemons it touched, as `kind/instance`; empty: it may have touched any.
        let daemons: [String]
        let text: String

        var line: String {
            let seconds = "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
            return "\(seconds) s  round \(round) \(home.map(ChaosHome.letter) ?? "-")  \(text)"
        }
    }

    private struct State {
        var entries: [Entry] = []
        var round = 0
    }

    private let clock = SuspendingClock()
    private let began: SuspendingClock.Instant
    private let state = Mutex(State())
    /// Says each entry as it comes.
    private let isLoud: Bool

    init(isLoud: Bool = false) {
        began = clock.now
        self.isLoud = isLoud
    }

    var elapsed: Duration { clock.now - began }

    func beginRound(_ number: Int) {
        state.withLock { $0.round = number }
    }

    func add(_ text: String, home: Int? = nil, daemons: [String] = []) {
        let milliseconds = Int(elapsed / .milliseconds(1))
        let entry = state.withLock { state in
            let entry = Entry(milliseconds: milliseconds, round: state.round, home: home, daemons: daemons, text: text)
            state.entries.append(entry)
            return entry
        }
        if isLoud { Console.say(entry.line) }
    }

    /// The last that concerned a daemon, oldest first.
    func last(_ count: Int, home: Int?, daemon: String?) -> [String] {
        state.withLock { state in
            var found: [String] = []
            for entry in state.entries.reversed() where found.count < count {
                let isOfHome = home == nil || entry.home == nil || entry.home == home
                let isOfDaemon = daemon == nil || entry.daemons.isEmpty || entry.daemons.contains(daemon ?? "")
                if isOfHome, isOfDaemon { found.append(entry.line) }
            }
            return found.reversed()
        }
    }

    var text: String {
        state.withLock { $0.entries.map { "\($0.line)\n" }.joined() }
    }
}

/// Standard output, a line at a time.
enum Console {
    static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        // Whoever does not listen any more is no reason to stop.
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }
}
