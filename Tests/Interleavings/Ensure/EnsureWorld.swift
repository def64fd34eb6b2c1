@testable import DaemonLifecycle

/// Starters, stop commands and one daemon over lock, lock line, record and `last.json`, with crashes at any moment.
///
/// The machines are the product's own; kernel, daemon, shepherd and the shell around the machines are played, one system call or message a
/// step, as `EnsureRun`, `StopRun`, `DaemonFiles` and `rbee-launch` do it.
struct EnsureWorld: Model {
    /// What the product does not do, each wrong in its own way: the explorer has to find out every one of them.
    struct Wrong: OptionSet {
        let rawValue: Int
        /// A stop ends whoever holds the lock by then, instead of the one that was meant.
        static let stopsWhoeverHolds = Wrong(rawValue: 1)
        /// How the last start failed is read after the lock was seen held, and so may be the end of that very holder.
        static let readsTheEndTooLate = Wrong(rawValue: 2)
        /// What a child may take ends with its starter's time to wait for others.
        static let givesAChildNoTime = Wrong(rawValue: 4)
        /// The signals of a stop reach the shepherd before it has written down how its child ended.
        static let signalsTheShepherd = Wrong(rawValue: 8)
        /// Nobody notices a shepherd that is gone without a word.
        static let missesTheShepherd = Wrong(rawValue: 16)
        /// A waiter starts again what has failed for all who waited.
        static let startsAgain = Wrong(rawValue: 32)
        /// A stop of another build's daemon forgets how somebody's start has failed.
        static let forgetsTheEnd = Wrong(rawValue: 64)
        /// The end of a daemon that was ready is kept without the record that says so.
        static let keepsTheEndOfTheReady = Wrong(rawValue: 1024)
        /// Whose line stands in a free lock is read after it was seen free.
        static let readsTheLineTooLate = Wrong(rawValue: 512)
        /// Whoever saw the lock free launches, though another has come and gone since.
        static let launchesOnOldNews = Wrong(rawValue: 256)
        /// A daemon that served removes its record and goes without a word.
        static let goesWithoutAWord = Wrong(rawValue: 2048)
        /// A start that was ended with status 0 is no failure to those who waited for it.
        static let takesStatus0ForServed = Wrong(rawValue: 128)
    }

    /// Who is there and what may go wrong.
    struct Setting {
        var starters = 2
        var stoppers = 0
        var wish = EnsureWish(silencesAllowed: 2)
        /// Processes killed at any moment, a starter, a shepherd or the daemon.
        var kills: UInt8 = 0
        /// The daemon may be silent to whoever asks.
        var hangs = false
        /// The daemon may end by itself once it is ready.
        var endsByItself = false
        /// The daemon may ignore SIGTERM.
        var mayIgnore = true
        /// A start may fail.
        var mayFail = true
        /// A starter may run out of time.
        var deadlines = true
        /// Looks and stops are one step each, as they are with two starters in many: for worlds with more of them.
        var isCoarse = false
        /// The starter keeps the shepherd of a daemon that is ready, as a hive does.
        var keepsShepherds = false
        var beginnings = [Kernel()]
        /// Lives up to this one are of another version than the one wished for.
        var oldVersion: UInt8 = 0
    }

    struct Starter: Hashable {
        var machine: UInt16 = 0
        var wish = EnsureDialogue.Wish(deed: .begin)
        /// How far the shell is with it.
        var stage: UInt8 = 0
        /// How the last one had ended before the lock was looked at.
        var seen = Kernel.LastEnd()
        var hasLooked = false
        /// Its time was up before it launched anything.
        var wasLateBefore = false
        var heardReady = false
        /// Whose line stood in the lock before it was looked at.
        var signature: UInt8 = 0
        /// The life that it launched.
        var own: UInt8 = 0
        /// Lives that were over when it began, and those that were when it first looked at the lock.
        var before: UInt8 = 0
        var over: UInt8 = 0
        /// Lives that it knows to have been starting.
        var sawStarting: UInt8 = 0
        var stop = StopDialogue.Course()

        var isOver: Bool { wish.deed == .started }
    }

    struct State: Hashable, CustomStringConvertible {
        var kernel: Kernel
        var starters: [Starter]
        var stoppers: [StopDialogue.Course]
        var kills: UInt8

        var description: String {
            "\(starters.count) starters, \(stoppers.count) stops, \(kills) kills, life \(kernel.life) \(kernel.phase), last \(kernel.last) \(kernel.lastEnd)"
        }
    }

    enum Step: Equatable {
        case starter(Int, Move)
        case stopper(Int, Move)
        case daemon(DaemonMove)
        case shepherdRecords
        case killStarter(Int)
        case killShepherd
        case killDaemon
    }

    /// What the shell of a machine does or meets.
    enum Move: UInt8 {
        case begin, probe, readAfter, answer, silence, poll, deadline, takeLock, takeLockLate, hearPid, hearFault, hearReady, hearEnd,
            missShepherd
        case identify, survey, obeyed, ignored, refused, gone, impatient, lock, sweep
    }

    enum DaemonMove: UInt8 {
        case runs, cannotRun, starts, isReady, fails, drains, takesLeave, ends
    }

    let setting: Setting
    let wrong: Wrong
    let ensure: EnsureDialogue
    let signals = StopDialogue(.signals())
    let graceful = StopDialogue(.graceful())

    init(_ setting: Setting, _ wrong: Wrong = []) {
        self.setting = setting
        self.wrong = wrong
        ensure = EnsureDialogue(setting.wish, oldVersion: setting.oldVersion)
    }

    var beginnings: [State] {
        setting.beginnings.map { kernel in
            State(
                kernel: kernel, starters: Array(repeating: Starter(machine: ensure.first), count: setting.starters),
                stoppers: Array(repeating: StopDialogue.Course(stage: .identify, machine: graceful.first), count: setting.stoppers),
                kills: setting.kills)
        }
    }

    func isEnd(_ state: State) -> Bool {
        state.starters.allSatisfy(\.isOver) && state.stoppers.allSatisfy { $0.stage == .idle }
    }

    // MARK: What may happen

    func steps(from state: State) -> [Step] {
        var steps: [Step] = []
        let kernel = state.kernel
        for index in state.starters.indices where !state.starters[index].isOver {
            // Of those that are in the same state it does not matter which one goes on.
            if index > 0, state.starters[index] == state.starters[index - 1] { continue }
            let starter = state.starters[index]
            for move in moves(of: starter, kernel) { steps.append(.starter(index, move)) }
            if setting.deadlines, heeds(starter) { steps.append(.starter(index, .deadline)) }
            if state.kills > 0, starter.wish.deed != .begin { steps.append(.killStarter(index)) }
        }
        for index in state.stoppers.indices {
            for move in moves(of: state.stoppers[index], kernel, graceful) { steps.append(.stopper(index, move)) }
        }
        if isEnd(state) { return [] }
        for move in moves(of: kernel) { steps.append(.daemon(move)) }
        if kernel.life != 0, kernel.phase == .dead, kernel.hasShepherd { steps.append(.shepherdRecords) }
        if state.kills > 0, kernel.hasShepherd, kernel.life != 0 { steps.append(.killShepherd) }
        if state.kills > 0, kernel.isAlive, kernel.phase != .forked { steps.append(.killDaemon) }
        return steps
    }

    /// Whether its time may be up just now.
    private func heeds(_ starter: Starter) -> Bool {
        switch starter.wish.deed {
        case .ask, .wait, .awaitChild, .confirm: true
        case .launch: starter.stage == 0
        default: false
        }
    }

    private func moves(of kernel: Kernel) -> [DaemonMove] {
        guard kernel.isAlive else { return [] }
        switch kernel.phase {
        case .forked: return kernel.hasShepherd && setting.mayFail && !setting.isCoarse ? [.runs, .cannotRun] : [.runs]
        case .booting: return setting.mayFail ? [.starts, .fails] : [.starts]
        case .starting: return setting.mayFail ? [.isReady, .fails] : [.isReady]
        case .ready: return setting.endsByItself ? [.drains] : []
        case .draining: return kernel.record == kernel.life && kernel.ready & Kernel.bit(kernel.life) != 0 ? [.takesLeave] : [.ends]
        case .dead: return []
        }
    }

    private func moves(of starter: Starter, _ kernel: Kernel) -> [Move] {
        switch starter.wish.deed {
        case .begin: return [.begin]
        case .look:
            return starter.stage == 0 ? [.probe] : [.readAfter]
        case .ask:
            // What its record says is believed for a while without asking.
            if !kernel.answers || kernel.phase == .starting { return [.silence] }
            return setting.hangs ? [.answer, .silence] : [.answer]
        case .wait:
            return [.poll]
        case .launch:
            if starter.stage == 0 { return wrong.contains(.givesAChildNoTime) ? [.takeLock, .takeLockLate] : [.takeLock] }
            if kernel.unborn & Kernel.bit(starter.own) != 0, !kernel.isLeft(starter.own) { return [.hearFault] }
            if kernel.isLeft(starter.own), kernel.phase == .forked { return kernel.hasShepherd ? [] : [.hearFault] }
            return kernel.isLeft(starter.own) && kernel.phase == .dead && kernel.unborn & Kernel.bit(starter.own) != 0 ? [] : [.hearPid]
        case .awaitChild:
            let own = Kernel.bit(starter.own)
            if kernel.ready & own != 0, !starter.heardReady { return [.hearReady] }
            if kernel.reported & own != 0 { return [.hearEnd] }
            if !kernel.isLeft(starter.own), !wrong.contains(.missesTheShepherd) { return [.missShepherd] }
            // Asking it before it says that it is ready changes nothing.
            return setting.isCoarse && setting.wish.notifies ? [] : [.poll]
        case .confirm:
            if !kernel.answers { return [.silence] }
            return setting.hangs ? [.answer, .silence] : [.answer]
        case .stopHolder: return moves(of: starter.stop, kernel, graceful)
        case .stopChild: return moves(of: starter.stop, kernel, signals)
        default: return []
        }
    }

    // MARK: Words

    func describe(_ step: Step, from state: State) -> String {
        let kernel = state.kernel
        let scene = "  [lock \(kernel.life) \(kernel.life == 0 ? "free" : "\(kernel.phase)") line \(kernel.line) last \(kernel.last)]"
        switch step {
        case .starter(let index, let move):
            let starter = state.starters[index]
            return "starter \(index) (\(starter.wish.deed) \(starter.wish.life), own \(starter.own)): \(move)" + scene
        case .stopper(let index, let move): return "stop \(index): \(move)" + scene
        case .daemon(let move): return "daemon \(kernel.life): \(move)" + scene
        case .killStarter(let index): return "starter \(index) (\(state.starters[index].wish.deed)) is killed" + scene
        default: return "\(step)" + scene
        }
    }
}
