import DaemonRuntime
import OperationContract

/// One job, its body, readers that come and go and come back, somebody who cancels, and a drain that waits for the body.
///
/// The machines are the product's own; played are `Job` and `JobRegistry` around them: what they do under their lock is one step.
struct JobWorld: Model {
    struct Wrong: OptionSet {
        let rawValue: Int
        /// A reader that found nothing goes to sleep without looking again.
        static let sleepsWithoutLooking = Wrong(rawValue: 1)
        /// The end wakes nobody.
        static let endsInSilence = Wrong(rawValue: 2)
        /// The job is given up though a reader has come back.
        static let givesUpAnyway = Wrong(rawValue: 4)
        /// A job is counted only after it was allowed to begin: a drain in between does not wait for it.
        static let countsTooLate = Wrong(rawValue: 8)
    }

    struct Reader: Hashable {
        enum Stage: UInt8 {
            case away, looking
            /// It found nothing, and is about to wait.
            case drowsy
            case asleep, woken
            case done
        }
        var stage = Stage.away
        var cursor: UInt64 = 0
        /// The last event that it saw or was told to have missed.
        var last: UInt64 = 0
        var visits: UInt8
    }

    struct State: Hashable {
        enum Body: UInt8 {
            /// Not submitted; counted and not allowed yet; allowed and not counted yet: only where that is wrong.
            case none, counted, allowed
            case queued, running, returned, refused
        }
        var course: JobCourse
        var log: JobEventLog
        var body = Body.none
        var emits: UInt8
        var isBodyCancelled = false
        var readers: [Reader]
        var abandonmentIsDue = false
        var cancels: UInt8 = 1
        /// What the lifetime counts as work, and the registry as bodies.
        var work = 0
        var bodies = 0
        var isDraining = false
        var drainWaits = false
        var hasDrained = false
        var ends = 0
    }

    enum Step {
        case submit, allow, begin, emit, complete, fail, unwind
        case cancel
        case come(Int), look(Int), sleep(Int), wake(Int), quiet(Int), leave(Int)
        case abandonment
        case drain, waitForBodies
    }

    let readers: Int
    let isForReaders: Bool
    let wrong: Wrong

    init(readers: Int = 2, isForReaders: Bool = true, _ wrong: Wrong = []) {
        (self.readers, self.isForReaders, self.wrong) = (readers, isForReaders, wrong)
    }

    var beginnings: [State] {
        var limits = JobEventLog.Limits()
        (limits.events, limits.batch) = (2, 1)
        return [
            State(
                course: JobCourse(abandonment: isForReaders ? 1 : nil), log: JobEventLog(limits: limits), emits: 3,
                readers: Array(repeating: Reader(visits: 2), count: readers))
        ]
    }

    func isEnd(_ state: State) -> Bool {
        let isOver = state.body == .refused || (state.body == .returned && state.readers.allSatisfy { $0.stage == .done })
        return isOver && (!state.isDraining || state.hasDrained)
    }

    func steps(from state: State) -> [Step] {
        if isEnd(state) { return [] }
        var steps: [Step] = []
        switch state.body {
        case .none: steps.append(.submit)
        case .counted, .allowed: steps.append(.allow)
        case .queued: steps.append(.begin)
        case .running:
            if state.isBodyCancelled { steps.append(.unwind) }
            if state.emits > 0 { steps.append(.emit) }
            steps += [.complete, .fail]
        case .returned, .refused: break
        }
        let isThere = state.body == .queued || state.body == .running || state.body == .returned
        if isThere, state.cancels > 0 { steps.append(.cancel) }
        for (index, reader) in state.readers.enumerated() where isThere {
            if index > 0, reader == state.readers[index - 1] { continue }
            switch reader.stage {
            case .away: if reader.visits > 0 { steps.append(.come(index)) }
            case .looking: steps.append(.look(index))
            case .drowsy: steps.append(.sleep(index))
            // Whoever has no visit left stays until the end.
            case .asleep: if reader.visits > 0 { steps += [.quiet(index), .leave(index)] }
            case .woken: steps.append(.wake(index))
            case .done: break
            }
        }
        if state.abandonmentIsDue { steps.append(.abandonment) }
        if !state.isDraining { steps.append(.drain) } else if !state.drainWaits, !state.hasDrained { steps.append(.waitForBodies) }
        return steps
    }

    func take(_ step: Step, in state: inout State) -> String? {
        defer { state.readers.sort { $0.key < $1.key } }
        switch step {
        case .submit:
            if wrong.contains(.countsTooLate) {
                guard !state.isDraining else { return refuse(&state) }
                (state.body, state.work) = (.allowed, 1)
            } else {
                (state.body, state.bodies) = (.counted, 1)
            }
        case .allow:
            if state.body == .allowed {
                state.bodies = 1
            } else {
                guard !state.isDraining else { return refuse(&state) }
                state.work = 1
            }
            state.body = .queued
        case .begin:
            guard act(.state(.start), &state) else { return bodyEnds(&state) }
            state.body = .running
        case .emit:
            state.emits -= 1
            state.log.append(JobEventLog.Event(name: "token", data: "x"))
            wakeAll(&state)
        case .complete, .fail, .unwind:
            let event: JobState.Event =
                if case .complete = step { .complete } else if case .fail = step { .fail(message: "x") } else { .cancel }
            act(.state(event), &state)
            return bodyEnds(&state)
        case .cancel:
            state.cancels -= 1
            act(.state(.cancel), &state)
        case .come(let index):
            state.readers[index].visits -= 1
            state.readers[index].stage = .looking
            let last = state.readers[index].last
            state.readers[index].cursor = state.log.cursor(after: last == 0 ? nil : last)
            act(.readerCame, &state)
        case .look(let index): return look(index, &state)
        case .sleep(let index):
            let hasNews = state.log.read(at: state.readers[index].cursor) != .waiting
            state.readers[index].stage = hasNews && !wrong.contains(.sleepsWithoutLooking) ? .looking : .asleep
        case .wake(let index), .quiet(let index): state.readers[index].stage = .looking
        case .leave(let index):
            state.readers[index].stage = .away
            act(.readerLeft, &state)
        case .abandonment:
            state.abandonmentIsDue = false
            let hasReaders = state.course.readers > 0
            if wrong.contains(.givesUpAnyway) { act(.state(.cancel), &state) }
            act(.abandonmentDue, &state)
            if hasReaders, state.course.state == .cancelled, state.cancels > 0 { return "a job is given up beside its reader" }
        case .drain: state.isDraining = true
        case .waitForBodies:
            if state.bodies == 0 { state.hasDrained = true } else { state.drainWaits = true }
        }
        return law(state)
    }

    private func refuse(_ state: inout State) -> String? {
        (state.body, state.bodies) = (.refused, 0)
        return bodiesChanged(&state)
    }

    private func bodyEnds(_ state: inout State) -> String? {
        (state.body, state.work, state.bodies) = (.returned, 0, 0)
        return bodiesChanged(&state)
    }

    private func bodiesChanged(_ state: inout State) -> String? {
        if state.drainWaits { (state.drainWaits, state.hasDrained) = (false, true) }
        return law(state)
    }

    /// - Returns: whether anything followed.
    @discardableResult
    private func act(_ event: JobCourse.Event, _ state: inout State) -> Bool {
        let actions = state.course.handle(event)
        for action in actions {
            switch action {
            case .run: break
            case .cancelBody: state.isBodyCancelled = true
            case .end(let marker):
                state.ends += state.log.end(marker.text) ? 1 : 10
                if !wrong.contains(.endsInSilence) { wakeAll(&state) }
            case .armAbandonment: state.abandonmentIsDue = true
            case .disarmAbandonment: if !wrong.contains(.givesUpAnyway) { state.abandonmentIsDue = false }
            }
        }
        return !actions.isEmpty
    }

    private func wakeAll(_ state: inout State) {
        for index in state.readers.indices where state.readers[index].stage == .asleep { state.readers[index].stage = .woken }
    }

    private func look(_ index: Int, _ state: inout State) -> String? {
        switch state.log.read(at: state.readers[index].cursor) {
        case .events(let events, let next):
            for event in events {
                if event.id != state.readers[index].last + 1 { return "event \(event.id) comes after \(state.readers[index].last)" }
                state.readers[index].last = event.id
            }
            state.readers[index].cursor = next
        case .gap(_, let next):
            state.readers[index].last = next - 1
            state.readers[index].cursor = next
        case .waiting: state.readers[index].stage = .drowsy
        case .ended:
            state.readers[index].stage = .done
            act(.readerLeft, &state)
            if state.readers[index].last + 1 != state.log.nextID { return "a reader is done before the end" }
        }
        return nil
    }

    private func law(_ state: State) -> String? {
        if state.ends > 1 { return "a job ends twice" }
        if state.course.state.isFinal != (state.ends == 1) { return "a job has ended without saying so" }
        if state.hasDrained, state.work > 0 { return "the drain does not wait for a job" }
        let sleeper = state.readers.first { $0.stage == .asleep }
        if let sleeper, state.log.read(at: sleeper.cursor) != .waiting { return "a reader sleeps beside news" }
        return nil
    }

    func describe(_ step: Step, from state: State) -> String {
        "\(step)  [\(state.course.state.word), body \(state.body), readers \(state.readers.map(\.stage))]"
    }
}

extension JobWorld.Reader {
    fileprivate var key: UInt64 { UInt64(stage.rawValue) << 32 | cursor << 16 | last << 8 | UInt64(visits) }
}
