internal import DaemonContract
internal import EventLoop
internal import Platform

/// One life of a plain program, from its launch to the end of its tree, as far as it has effects: its nonce, its process, its guard, what waits for
/// it. Used on the loop alone.
final class ProgramLife {
    let number: Int
    let nonce: Nonce
    /// 0 until it runs.
    var pid: Int32 = 0
    /// When it began to run, in monotonic nanoseconds.
    var since: UInt64 = MonotonicClock.now
    var guardian: ProgramGuard?
    var guardWatch: EventLoop.Watch?
    var notify: NotifySocket?
    var notifyWatch: EventLoop.Watch?
    /// What is to happen when its time for something is over.
    var limit: EventLoop.Timer?
    var readiness: Task<Void, Never>?
    /// Those who wait until it serves: nil, or why it does not.
    private var waiters: [ResumeOnce<String?, Never>] = []
    /// Those who wait until it is over.
    private var mourners: [ResumeOnce<Void, Never>] = []
    private(set) var isOver = false
    private var outcome: String??
    /// Whether it is known that it serves, or does not.
    var isSettled: Bool { outcome != nil }

    init(number: Int, nonce: Nonce) {
        self.number = number
        self.nonce = nonce
    }

    /// Tells those who wait for it to serve. The first word counts.
    func settle(_ failure: String?) {
        guard outcome == nil else { return }
        outcome = .some(failure)
        for waiter in waiters { waiter.resume(with: .success(failure)) }
        waiters = []
    }

    /// Lets go of everything, and tells those who wait.
    func end(_ why: String) {
        stopWaiting()
        guardWatch?.cancel()
        guardWatch = nil
        isOver = true
        settle(why)
        for mourner in mourners { mourner.resume(with: .success(())) }
        mourners = []
    }

    /// Ends all that concerns its start.
    func stopWaiting() {
        limit?.cancel()
        limit = nil
        readiness?.cancel()
        readiness = nil
        notifyWatch?.cancel()
        notifyWatch = nil
        notify = nil
    }

    /// A turn that is resumed once it serves or does not.
    func waiter() -> ResumeOnce<String?, Never> {
        let turn = ResumeOnce<String?, Never>()
        if let outcome { turn.resume(with: .success(outcome)) } else { waiters.append(turn) }
        return turn
    }

    /// A turn that is resumed once it is over.
    func mourner() -> ResumeOnce<Void, Never> {
        let turn = ResumeOnce<Void, Never>()
        if isOver { turn.resume(with: .success(())) } else { mourners.append(turn) }
        return turn
    }
}
