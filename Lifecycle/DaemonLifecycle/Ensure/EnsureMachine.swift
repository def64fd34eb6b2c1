/// The decisions of `ensure`: from whatever is found to one daemon that has answered, or to one error that says why not.
///
/// A dialogue: every ``Action`` is carried out by the shell and answered by exactly one ``Event``. The machine has no clock and does no
/// I/O; the shell ends any wait with ``Event/deadlineReached`` when the budget is spent.
///
///     looking ──free──▶ launching ──pid──▶ starting ──ready──▶ confirming ──answered──▶ finished(started)
///        ▲ │                │ lost             │ ended / deadline      │ wrong or no answer
///        │ └─held─▶ asking  ▼                  ▼                       ▼
///        │            │   looking         abandoning ──stopped──▶ finished(failure)
///        │            ├─ready─▶ finished(alreadyRunning), or replacing ──stopped──▶ looking
///        └──ended/poll┴─otherwise─▶ waiting
package struct EnsureMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Nothing was done yet. Can transition to `looking`.
        case initial
        /// The lock is being looked at. Can transition to `launching`, `asking`, `waiting`, `finished`.
        case looking
        /// The holder was asked who it is. Can transition to `waiting`, `replacing`, `looking`, `finished`.
        case asking(Holder)
        /// A holder starts, drains or is silent; it is asked again after a while. Can transition to `asking`, `looking`, `finished`.
        case waiting(Holder?)
        /// The launcher was started. Can transition to `looking` (another one won), `starting`, `finished`.
        case launching
        /// Our child runs and has not said that it is ready. Can transition to `confirming`, `abandoning`, `finished`.
        case starting(pid: Int32)
        /// Our child was asked who it is. Can transition to `starting` (not yet), `abandoning`, `finished`.
        case confirming(pid: Int32)
        /// A daemon of another version is being stopped, as the caller wished. Can transition to `looking`, `finished`.
        case replacing(Holder)
        /// Our failed child is being stopped before the error is returned. Can transition to `finished`.
        case abandoning(EnsureFailure)
        /// The result was given. No transition.
        case finished
    }

    package enum Event: Sendable, Hashable {
        case begin
        /// Nobody holds the lock; with how the last daemon ended, if it may never have become ready.
        case foundFree(failedStart: FailedStart?)
        /// Somebody holds the lock; the holder is nil while it has not written its line yet. The failed start is one from before the lock
        /// was looked at.
        case foundHeld(Holder?, failedStart: FailedStart?)
        case answered(Answer)
        case silent(Silence)
        case holderEnded
        case pollDue
        case launched(pid: Int32)
        case launchLost
        case launchFailed(stage: String, errno: Int32)
        case childEnded(FailedStart)
        case saidReady
        case stopped
        case stopFailed(String)
        case deadlineReached
    }

    package enum Action: Sendable, Hashable {
        /// Look at the lock, its line, and how the last one ended. Answer: `foundFree` or `foundHeld`.
        case look
        /// Ask the holder for `/v1/info` and `/health`. Answer: `answered` or `silent`.
        case ask(Holder)
        /// Wait for the holder's end or its next word, at most `upTo`. Answer: `holderEnded`, `pollDue`, `deadlineReached`.
        case wait(Holder?, upTo: Duration)
        /// Draw a nonce, write the intent, start the launcher, unless another one is at it. Answer: `launched`, `launchLost`, `launchFailed`,
        /// `deadlineReached`.
        case launch
        /// Wait for our child, at most `upTo`. Answer: `saidReady`, `childEnded`, `pollDue`, `deadlineReached`.
        case awaitChild(pid: Int32, upTo: Duration)
        /// Ask our child for `/v1/info` and `/health`. Answer: `answered`, `silent`, `childEnded`.
        case confirm(pid: Int32)
        /// Stop a daemon of another version, cascading to nothing. Answer: `stopped` or `stopFailed`.
        case stopHolder(Holder)
        /// Stop our own failed child, with whatever it has left behind. Answer: `stopped` or `stopFailed`.
        case stopChild(pid: Int32)
        case finish(EnsureOutcome)
    }

    package private(set) var state: State = .initial
    private let wish: EnsureWish
    private var poll: PollSchedule
    /// The failed start that was already recorded at the first look: history, not an answer to this call.
    private var history: Recollection = .none
    /// The holder that was last known to be starting, by its nonce: however it ends, unless it is seen ready, is how its start has failed.
    private var starting: String?
    /// Consecutive silent answers of a holder that had been ready, or of a child that says it is.
    private var silences = 0
    private var isSaidReady = false
    /// The holder in whose place another answered last.
    private var mismatched: Holder?

    private enum Recollection: Sendable, Hashable {
        case none
        case of(FailedStart?)
    }

    package init(wish: EnsureWish, poll: PollSchedule = PollSchedule()) {
        self.wish = wish
        self.poll = poll
    }

    /// Takes what happened and says what to do next.
    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.initial, .begin):
            return look()
        case (.looking, .foundFree(let failed)):
            return free(failed)
        case (.looking, .foundHeld(let holder, let failed)):
            if history == .none { history = .of(failed) }
            guard let holder else { return wait(for: nil) }
            state = .asking(holder)
            return .ask(holder)
        case (.asking(let holder), .answered(let answer)):
            return answered(answer, by: holder)
        case (.asking(let holder), .silent(let silence)):
            return silent(silence, holder)
        case (.waiting, .holderEnded), (.asking, .holderEnded):
            return look()
        case (.waiting, .pollDue):
            return look()
        case (.waiting(let holder), .deadlineReached), (.asking(let holder as Holder?), .deadlineReached):
            return finish(.failed(holder.map(EnsureFailure.holderNotReady) ?? .lockWithoutLine))
        case (.looking, .deadlineReached):
            return finish(.failed(.lockWithoutLine))
        case (.launching, .launched(let pid)):
            // From here on only the child counts, not who was waited for.
            (history, starting, mismatched, silences) = (.none, nil, nil, 0)
            state = .starting(pid: pid)
            return awaitChild(pid)
        case (.launching, .launchLost):
            return look()
        case (.launching, .deadlineReached):
            return finish(.failed(.outrun))
        case (.launching, .launchFailed(let stage, let errno)):
            return finish(.failed(.launchFailed(stage: stage, errno: errno)))
        case (.starting(let pid), .saidReady):
            isSaidReady = true
            state = .confirming(pid: pid)
            return .confirm(pid: pid)
        case (.starting(let pid), .pollDue):
            state = .confirming(pid: pid)
            return .confirm(pid: pid)
        case (.starting(let pid), .childEnded(let end)), (.confirming(let pid), .childEnded(let end)):
            // It may have left something behind, which would hold its lock.
            return abandon(pid, .startFailed(end))
        case (.starting(let pid), .deadlineReached), (.confirming(let pid), .deadlineReached):
            return abandon(pid, .notReadyInTime(pid: pid))
        case (.confirming(let pid), .answered(let answer)):
            return confirmed(answer, pid: pid)
        case (.confirming(let pid), .silent):
            // Who says that it is ready and does not answer will not get there by waiting.
            if isSaidReady {
                silences += 1
                if silences >= wish.silencesAllowed { return abandon(pid, .silentThoughReady(pid: pid)) }
            }
            state = .starting(pid: pid)
            return awaitChild(pid)
        case (.replacing, .stopped):
            return look()
        case (.replacing(let holder), .stopFailed(let why)):
            return finish(.failed(.replaceFailed(holder, why)))
        case (.abandoning(let failure), .stopped), (.abandoning(let failure), .stopFailed), (.abandoning(let failure), .childEnded):
            return finish(.failed(failure))
        default:
            return finish(.failed(.unexpected("\(event) in \(state)")))
        }
    }

    private mutating func look() -> Action {
        state = .looking
        return .look
    }

    private mutating func free(_ failed: FailedStart?) -> Action {
        switch history {
        case .none:
            history = .of(failed)
        case .of(let known):
            // One spawn, one failure, for all who waited: a start that failed while we waited is our error too, and is not tried again.
            if let failed, failed.nonce != known?.nonce, failed.isCertain || failed.nonce == starting {
                return finish(.failed(.startFailed(failed)))
            }
        }
        guard wish.mayLaunch else { return finish(.failed(.notRunning)) }
        state = .launching
        return .launch
    }

    private mutating func answered(_ answer: Answer, by holder: Holder) -> Action {
        if answer.phase == .starting { starting = answer.nonce }
        guard answer.nonce == holder.nonce, answer.isNamed else {
            // The holder may have changed between the look and the answer: look again, and believe the second time.
            guard mismatched != holder else { return finish(.failed(.foreignAnswer(holder))) }
            mismatched = holder
            return look()
        }
        silences = 0
        switch answer.phase {
        case .ready:
            starting = nil
            guard wish.accepts(answer) else {
                state = .replacing(holder)
                return .stopHolder(holder)
            }
            return finish(.alreadyRunning(answer))
        case .starting, .draining:
            return wait(for: holder)
        }
    }

    private mutating func silent(_ silence: Silence, _ holder: Holder) -> Action {
        switch silence {
        case .unwritten:
            starting = holder.nonce
        case .starting:
            starting = holder.nonce
            state = .waiting(holder)
            return .wait(holder, upTo: PollSchedule.slowCeiling)
        case .draining:
            state = .waiting(holder)
            return .wait(holder, upTo: PollSchedule.slowCeiling)
        case .ready:
            starting = nil
            silences += 1
            if silences >= wish.silencesAllowed { return finish(.failed(.holderSilent(holder))) }
            // One whose socket is gone refuses at once, and needs up to a second to notice.
            if silences > 1 {
                state = .waiting(holder)
                return .wait(holder, upTo: PollSchedule.slowCeiling)
            }
        }
        return wait(for: holder)
    }

    private mutating func confirmed(_ answer: Answer, pid: Int32) -> Action {
        guard answer.pid == pid, answer.isOurLaunch, answer.isNamed else {
            return abandon(pid, .answeredByAnother(pid: pid, other: answer.pid))
        }
        switch answer.phase {
        case .ready:
            return finish(.started(answer))
        case .starting:
            state = .starting(pid: pid)
            return awaitChild(pid)
        case .draining:
            return abandon(pid, .stoppedWhileStarting(pid: pid))
        }
    }

    private mutating func wait(for holder: Holder?) -> Action {
        state = .waiting(holder)
        return .wait(holder, upTo: poll.next())
    }

    private mutating func awaitChild(_ pid: Int32) -> Action {
        .awaitChild(pid: pid, upTo: wish.notifies ? PollSchedule.slowCeiling : poll.next())
    }

    private mutating func abandon(_ pid: Int32, _ failure: EnsureFailure) -> Action {
        state = .abandoning(failure)
        return .stopChild(pid: pid)
    }

    private mutating func finish(_ outcome: EnsureOutcome) -> Action {
        state = .finished
        return .finish(outcome)
    }
}
