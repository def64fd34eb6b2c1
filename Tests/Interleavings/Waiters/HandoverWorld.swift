@testable import DaemonLifecycle
@testable import HTTP

/// A producer, one reader that may give up at any moment, and the place where they meet: a mailbox, or the pipe of a body.
///
/// What is done under the lock is one step; resuming the reader, which comes after it, is another.
struct HandoverWorld: Model {
    enum Place {
        case mailbox, pipe
    }

    struct Wrong: OptionSet {
        let rawValue: Int
        /// Whoever gives up is resumed whether or not something is on its way to it.
        static let givesUpAnyway = Wrong(rawValue: 1)
        /// The producer is not asked for more once the reader has made room.
        static let asksForNothing = Wrong(rawValue: 2)
        /// A message is kept although it was handed over.
        static let keepsACopy = Wrong(rawValue: 4)
    }

    struct Failure: Error, Hashable {}

    /// What the reader is resumed with: the first one counts.
    enum Delivery: Hashable {
        case items([UInt8])
        case end
        case nothing
    }

    struct State: Hashable {
        var mailbox = MailboxMachine<UInt8, UInt8>()
        var pipe = HTTPBodyPipeMachine<UInt8, Failure>(capacity: 2)
        /// What the producer hands over next.
        var next: UInt8 = 1
        var hasEnded = false
        var isPaused = false
        /// The turn that the reader waits for; 0: it does not.
        var turn: UInt8 = 0
        var turns: UInt8 = 0
        /// Resumes that were decided and not yet done.
        var underWay: [Delivery] = []
        var received: Delivery?
        var wantsToLeave = false
        var patience: UInt8
        /// What the reader has got.
        var got: UInt8 = 0
        var isDone = false
    }

    enum Step {
        case produce, end, read, resume(Int), wake, giveUp
    }

    let place: Place
    let count: UInt8
    let patience: UInt8
    let wrong: Wrong

    /// - Parameters:
    ///   - count: how many items are produced.
    ///   - patience: how often the reader may give up, and come again.
    init(_ place: Place, count: UInt8 = 4, patience: UInt8 = 2, _ wrong: Wrong = []) {
        (self.place, self.count, self.patience, self.wrong) = (place, count, patience, wrong)
    }

    var beginnings: [State] { [State(patience: patience)] }

    func isEnd(_ state: State) -> Bool { state.isDone }

    func steps(from state: State) -> [Step] {
        if state.isDone { return [] }
        var steps: [Step] = []
        if state.next <= count, !state.isPaused { steps.append(.produce) }
        if state.next > count, !state.hasEnded { steps.append(.end) }
        for index in state.underWay.indices { steps.append(.resume(index)) }
        if state.turn == 0 { steps.append(.read) }
        if state.turn != 0, state.received != nil { steps.append(.wake) }
        if state.turn != 0, !state.wantsToLeave, state.patience > 0 { steps.append(.giveUp) }
        return steps
    }

    func take(_ step: Step, in state: inout State) -> String? {
        switch step {
        case .produce: produce(&state)
        case .end:
            state.hasEnded = true
            // A mailbox has no end of its own: the last message is one.
            if place == .pipe { deliver(.end, to: state.pipe.ended(.finished), &state) }
        case .read: return read(&state)
        case .resume(let index):
            let delivery = state.underWay.remove(at: index)
            if state.received == nil { state.received = delivery }
        case .wake:
            let delivery = state.received ?? .nothing
            (state.turn, state.received, state.wantsToLeave) = (0, nil, false)
            // What a turn was resumed with later is dropped with it.
            state.underWay = []
            return receive(delivery, &state)
        case .giveUp:
            state.wantsToLeave = true
            state.patience -= 1
            let waited = place == .mailbox ? state.mailbox.gaveUp(state.turn) : state.pipe.gaveUp(state.turn)
            if waited || wrong.contains(.givesUpAnyway) { state.underWay.append(.nothing) }
        }
        return nil
    }

    private func produce(_ state: inout State) {
        let item = state.next
        state.next += 1
        switch place {
        case .mailbox:
            let reader = state.mailbox.posted(item)
            deliver(.items([item]), to: reader, &state)
            if reader != nil, wrong.contains(.keepsACopy) { _ = state.mailbox.posted(item) }
        case .pipe:
            let (reader, hasRoom) = state.pipe.pushed([item])
            state.isPaused = !hasRoom
            deliver(.items([item]), to: reader, &state)
        }
    }

    private func deliver(_ delivery: Delivery, to reader: UInt8?, _ state: inout State) {
        if reader != nil { state.underWay.append(delivery) }
    }

    private func read(_ state: inout State) -> String? {
        state.turns += 1
        switch place {
        case .mailbox:
            switch state.mailbox.asked(by: state.turns, mayWait: true) {
            case .message(let item): return receive(.items([item]), &state)
            case .nothing: return "a reader that would have waited found nothing"
            case .waits: state.turn = state.turns
            }
        case .pipe:
            let (found, wantsMore) = state.pipe.asked(by: state.turns)
            if wantsMore, !wrong.contains(.asksForNothing) { state.isPaused = false }
            switch found {
            case .result(.success(let items?)): return receive(.items(items), &state)
            case .result: return receive(.end, &state)
            case .waits: state.turn = state.turns
            }
        }
        return nil
    }

    private func receive(_ delivery: Delivery, _ state: inout State) -> String? {
        switch delivery {
        case .nothing: break
        case .end:
            state.isDone = true
            if state.got != count { return "the end came and \(count - state.got) items have not" }
        case .items(let items):
            for item in items {
                state.got += 1
                if item != state.got { return "item \(item) came in the place of \(state.got)" }
            }
            if place == .mailbox, state.got == count { state.isDone = true }
        }
        return nil
    }

    func describe(_ step: Step, from state: State) -> String {
        "\(step)  [turn \(state.turn), got \(state.got), under way \(state.underWay)]"
    }
}
