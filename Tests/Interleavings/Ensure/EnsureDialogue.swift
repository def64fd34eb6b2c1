@testable import DaemonLifecycle

/// One `ensure` of the world: the product's machine, and what its shell is about to do for it.
///
/// Lives stand for nonces and pids; everything that tells the machine of them is made here, from numbers.
struct EnsureDialogue {
    /// What the machine has asked for.
    enum Deed: UInt8 {
        case begin, look, ask, wait, launch, awaitChild, confirm, stopHolder, stopChild
        case started, alreadyRunning, sharedFailure, ownFailure, notReadyInTime, otherFailure, foreign, silent, unexpected
    }

    /// A deed, and the life that it is about.
    struct Wish: Hashable {
        var deed: Deed
        var life: UInt8 = 0

        var isOver: Bool { deed.rawValue >= Deed.started.rawValue }
    }

    /// What the shell tells the machine.
    enum News: Hashable {
        case begin
        case free(Kernel.LastEnd)
        case held(by: UInt8, Kernel.LastEnd)
        case answered(UInt8, Kernel.Phase, isOurs: Bool)
        case silent(Silence)
        case holderEnded, pollDue, deadlineReached
        case launched(UInt8), launchLost, launchFailed
        case saidReady
        case childEnded(UInt8, Kernel.End)
        case stopped, stopFailed

        /// A number that no other news has.
        var code: UInt16 {
            switch self {
            case .begin: 0
            case .free(let last): 100 + last.code
            case .held(let holder, let last): 1000 + UInt16(holder) * 64 + last.code
            case .answered(let life, let phase, let isOurs): 2000 + UInt16(life) * 32 + UInt16(phase.rawValue) * 2 + (isOurs ? 1 : 0)
            case .silent(.starting): 1
            case .silent(.ready): 2
            case .silent(.draining): 3
            case .silent(.unwritten): 12
            case .holderEnded: 4
            case .pollDue: 5
            case .deadlineReached: 6
            case .launched(let life): 20 + UInt16(life)
            case .launchLost: 7
            case .launchFailed: 8
            case .saidReady: 9
            case .childEnded(let life, let end): 300 + UInt16(life) * 4 + UInt16(end.rawValue)
            case .stopped: 10
            case .stopFailed: 11
            }
        }
    }

    let table = Table<EnsureMachine, Wish>()
    let first: UInt16
    private let oldVersion: UInt8

    /// - Parameter oldVersion: lives up to this one have another version than the one that is wished for.
    init(_ wish: EnsureWish, oldVersion: UInt8 = 0) {
        self.oldVersion = oldVersion
        first = table.number(of: EnsureMachine(wish: wish, poll: PollSchedule(always: .milliseconds(1))))
    }

    func tell(_ news: News, to machine: inout UInt16) -> Wish {
        table.advance(&machine, by: news.code) { wish(of: $0.handle(event(news))) }
    }

    private static let nonces = (0..<16).map { "life\($0)" }
    private static func pid(_ life: UInt8) -> Int32 { 100 + Int32(life) }
    private static func life(_ pid: Int32) -> UInt8 { UInt8(pid - 100) }

    private func failure(_ last: Kernel.LastEnd) -> FailedStart? {
        guard last.life != 0 else { return nil }
        return FailedStart(
            nonce: Self.nonces[Int(last.life)], end: .exited(last.end == .onPurpose ? 0 : 3), output: "", isCertain: last.isCertain)
    }

    private func event(_ news: News) -> EnsureMachine.Event {
        switch news {
        case .begin: .begin
        case .free(let last): .foundFree(failedStart: failure(last))
        case .held(0, let last): .foundHeld(nil, failedStart: failure(last))
        case .held(let holder, let last):
            .foundHeld(Holder(nonce: Self.nonces[Int(holder)], pid: Self.pid(holder)), failedStart: failure(last))
        case .answered(let life, let phase, let isOurs):
            .answered(
                Answer(
                    nonce: Self.nonces[Int(life)], pid: Self.pid(life),
                    phase: phase == .ready ? .ready : phase == .draining ? .draining : .starting,
                    version: life <= oldVersion ? "1" : "2", buildID: "b", isOurLaunch: isOurs))
        case .silent(let silence): .silent(silence)
        case .holderEnded: .holderEnded
        case .pollDue: .pollDue
        case .deadlineReached: .deadlineReached
        case .launched(let life): .launched(pid: Self.pid(life))
        case .launchLost: .launchLost
        case .launchFailed: .launchFailed(stage: "exec", errno: 2)
        case .saidReady: .saidReady
        case .childEnded(let life, let end):
            .childEnded(FailedStart(nonce: Self.nonces[Int(life)], end: .exited(end == .onPurpose ? 0 : 3), output: ""))
        case .stopped: .stopped
        case .stopFailed: .stopFailed("it survived")
        }
    }

    private func wish(of action: EnsureMachine.Action) -> Wish {
        switch action {
        case .look: Wish(deed: .look)
        case .ask(let holder): Wish(deed: .ask, life: Self.life(holder.pid))
        case .wait(let holder, _): Wish(deed: .wait, life: holder.map { Self.life($0.pid) } ?? 0)
        case .launch: Wish(deed: .launch)
        case .awaitChild(let pid, _): Wish(deed: .awaitChild, life: Self.life(pid))
        case .confirm(let pid): Wish(deed: .confirm, life: Self.life(pid))
        case .stopHolder(let holder): Wish(deed: .stopHolder, life: Self.life(holder.pid))
        case .stopChild(let pid): Wish(deed: .stopChild, life: Self.life(pid))
        case .finish(.started(let answer)): Wish(deed: .started, life: Self.life(answer.pid))
        case .finish(.alreadyRunning(let answer)): Wish(deed: .alreadyRunning, life: Self.life(answer.pid))
        case .finish(.failed(let failure)): wish(of: failure)
        }
    }

    private func wish(of failure: EnsureFailure) -> Wish {
        switch failure {
        case .startFailed(let failed): Wish(deed: .sharedFailure, life: UInt8(failed.nonce.dropFirst(4)) ?? 0)
        case .notReadyInTime(let pid): Wish(deed: .notReadyInTime, life: Self.life(pid))
        case .launchFailed, .silentThoughReady, .stoppedWhileStarting, .answeredByAnother: Wish(deed: .ownFailure)
        case .holderSilent(let holder): Wish(deed: .silent, life: Self.life(holder.pid))
        case .foreignAnswer(let holder): Wish(deed: .foreign, life: Self.life(holder.pid))
        case .notRunning, .lockWithoutLine, .outrun, .holderNotReady, .replaceFailed: Wish(deed: .otherFailure)
        case .unexpected: Wish(deed: .unexpected)
        }
    }
}
