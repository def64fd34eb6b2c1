@testable import DaemonLifecycle

/// Some stops of one daemon at the same time, and its tree of processes, which fork, drain, ignore signals and hang in the kernel.
///
/// Processes are places, as bits; the daemon is place 0. Time passes only while a stop waits, in thirds of a rung's patience.
struct StopWorld: Model {
    struct Wrong: OptionSet {
        let rawValue: Int
        /// Each time the last rung is repeated it has all its patience anew.
        static let patienceAnew = Wrong(rawValue: 1)
        /// A stop is done once those are gone that it had seen.
        static let looksOnce = Wrong(rawValue: 2)
    }

    struct Setting {
        var ladder = StopLadder.graceful()
        var stops = 1
        var processes = 2
        /// How many more may be born.
        var births: UInt8 = 2
        /// Those that even SIGKILL does not end.
        var stuck: UInt8 = 0
    }

    struct Stop: Hashable {
        enum Stage: UInt8 { case begins, survey, step, wait, over }
        var stage = Stage.begins
        var machine: UInt16 = 0
        var rung: UInt8 = 0
        /// Who was seen by the last survey.
        var seen: UInt8 = 0
        var sawLeader = false
        /// Whether the tree was looked at since anything was done to it.
        var hasLooked = false
        /// Thirds of its patience that the rung has used.
        var used: UInt8 = 0
        /// Of all rungs before.
        var spent: UInt8 = 0
        var terminated = false
    }

    struct State: Hashable {
        var alive: UInt8
        var isDraining = false
        var births: UInt8
        var stops: [Stop]
    }

    enum Step {
        case stop(Int, Move)
        case ends(Int)
        case forks(Int)
    }

    enum Move: Equatable {
        case begin, survey, accepted, refused
        case obeyed(UInt8)
        case gone(after: UInt8)
        case patienceOver
    }

    let setting: Setting
    let wrong: Wrong
    let dialogue: StopDialogue
    private static let thirds: UInt8 = 3
    private static let places = 4

    init(_ setting: Setting, _ wrong: Wrong = []) {
        self.setting = setting
        self.wrong = wrong
        dialogue = StopDialogue(setting.ladder)
    }

    var beginnings: [State] {
        (0...setting.processes).map { count in
            State(
                alive: (1 << UInt8(count)) - 1, births: setting.births,
                stops: Array(repeating: Stop(machine: dialogue.first), count: setting.stops))
        }
    }

    func isEnd(_ state: State) -> Bool { state.stops.allSatisfy { $0.stage == .over } }

    func steps(from state: State) -> [Step] {
        if isEnd(state) { return [] }
        var steps: [Step] = []
        for index in state.stops.indices {
            if index > 0, state.stops[index] == state.stops[index - 1] { continue }
            for move in moves(of: state.stops[index], state) { steps.append(.stop(index, move)) }
        }
        for place in 0..<Self.places {
            let bit = UInt8(1) << place
            if state.alive & bit == 0 {
                if place > 0, state.births > 0, state.alive & ~setting.stuck != 0 { steps.append(.forks(place)) }
            } else if state.isDraining, setting.stuck & bit == 0 {
                steps.append(.ends(place))
            }
        }
        return steps
    }

    private func moves(of stop: Stop, _ state: State) -> [Move] {
        switch stop.stage {
        case .begins: return [.begin]
        case .survey: return [.survey]
        case .step:
            switch setting.ladder.rungs[Int(stop.rung)].step {
            case .request: return state.alive & 1 != 0 && setting.stuck & 1 == 0 ? [.accepted, .refused] : [.refused]
            case .terminate:
                // All that can, or just the daemon, or nobody.
                let able = stop.seen & state.alive & ~setting.stuck
                return [able, able & 1, 0].reduce(into: []) { if !$0.contains(.obeyed($1)) { $0.append(.obeyed($1)) } }
            case .kill: return [.obeyed(stop.seen & state.alive & ~setting.stuck)]
            }
        case .wait:
            let left = Self.thirds - stop.used
            if stop.seen & state.alive != 0 { return [.patienceOver] }
            return left == 0 ? [.gone(after: 0)] : [.gone(after: 0), .gone(after: left - 1)]
        case .over: return []
        }
    }

    func take(_ step: Step, in state: inout State) -> String? {
        defer { if state.stops.count > 1 { state.stops.sort { $0.key < $1.key } } }
        switch step {
        case .forks(let place):
            state.births -= 1
            state.alive |= 1 << UInt8(place)
            return nil
        case .ends(let place):
            state.alive &= ~(1 << UInt8(place))
            return nil
        case .stop(let index, let move):
            var stop = state.stops[index]
            let law = act(move, &stop, &state)
            state.stops[index] = stop
            return law
        }
    }

    private func act(_ move: Move, _ stop: inout Stop, _ state: inout State) -> String? {
        switch move {
        case .begin:
            let isRunning = state.alive != 0
            return follow(dialogue.tell(.begin(isRunning: isRunning), code: isRunning ? 1 : 2, to: &stop.machine), &stop, state)
        case .survey:
            (stop.seen, stop.sawLeader, stop.hasLooked) = (state.alive, state.alive & 1 != 0, true)
            if wrong.contains(.looksOnce), stop.used > 0 || stop.spent > 0 { stop.seen = 0 }
            let alive = stop.seen.nonzeroBitCount
            return follow(
                dialogue.tell(
                    .surveyed(alive: alive, leaderAlive: stop.sawLeader), code: 10 + UInt16(alive) * 2 + (stop.sawLeader ? 1 : 0),
                    to: &stop.machine), &stop, state)
        case .accepted:
            state.isDraining = true
            return follow(dialogue.tell(.stepDone, code: 3, to: &stop.machine), &stop, state)
        case .refused: return follow(dialogue.tell(.stepRefused(""), code: 4, to: &stop.machine), &stop, state)
        case .obeyed(let places):
            state.alive &= ~places
            return follow(dialogue.tell(.stepDone, code: 3, to: &stop.machine), &stop, state)
        case .gone(let after):
            stop.used += after
            return follow(dialogue.tell(.gone, code: 5, to: &stop.machine), &stop, state)
        case .patienceOver:
            stop.used = Self.thirds
            return follow(dialogue.tell(.patienceOver, code: 6, to: &stop.machine), &stop, state)
        }
    }

    private func follow(_ deed: StopDialogue.Deed, _ stop: inout Stop, _ state: State) -> String? {
        switch deed {
        case .survey:
            stop.stage = .survey
            return nil
        case .step(let rung):
            defer { (stop.stage, stop.hasLooked) = (.step, false) }
            return check(rung, &stop)
        case .wait:
            stop.stage = .wait
            return nil
        case .notRunning:
            return over(&stop)
        case .gone:
            defer { _ = over(&stop) }
            return state.alive != 0 ? "a stop says that all is gone, and something lives" : nil
        case .survivors:
            defer { _ = over(&stop) }
            return stop.seen == 0 ? "a stop names survivors where it saw none" : nil
        }
    }

    /// What must hold before anything is done to the tree.
    private func check(_ rung: UInt8, _ stop: inout Stop) -> String? {
        guard stop.hasLooked else { return "a stop does something before it has looked" }
        guard rung >= stop.rung else { return "a stop goes down its ladder" }
        if rung > stop.rung || wrong.contains(.patienceAnew) {
            stop.spent += stop.used
            stop.used = 0
        }
        stop.rung = rung
        if stop.spent + stop.used > Self.thirds * UInt8(setting.ladder.rungs.count) { return "a stop takes longer than its budget" }
        switch setting.ladder.rungs[Int(rung)].step {
        case .request where !stop.sawLeader: return "who is gone is asked to end"
        case .terminate: stop.terminated = true
        case .kill where !stop.terminated && setting.ladder.rungs.count > 1: return "SIGKILL comes before SIGTERM"
        default: break
        }
        return nil
    }

    private func over(_ stop: inout Stop) -> String? {
        stop = Stop(stage: .over)
        return nil
    }

    func describe(_ step: Step, from state: State) -> String {
        let scene = "  [alive \(String(state.alive, radix: 2))]"
        switch step {
        case .stop(let index, let move):
            return "stop \(index) (rung \(state.stops[index].rung), \(state.stops[index].stage)): \(move)" + scene
        case .ends(let place): return "process \(place) ends" + scene
        case .forks(let place): return "process \(place) is born" + scene
        }
    }
}

extension StopWorld.Stop {
    fileprivate var key: UInt64 {
        let flags = UInt64(sawLeader ? 1 : 0) | (hasLooked ? 2 : 0) | (terminated ? 4 : 0)
        return UInt64(machine) << 48 | UInt64(stage.rawValue) << 40 | UInt64(rung) << 32 | UInt64(seen) << 24 | UInt64(used) << 16
            | UInt64(spent) << 8 | flags
    }
}
