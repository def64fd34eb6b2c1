package import EventLoop
internal import OperationContract
internal import Synchronization

/// The jobs of one daemon: those at work, and for a while those that have ended.
package final class JobRegistry: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Most jobs that have not ended; more are refused.
        package var live = 512
        /// Most ended jobs kept; the oldest goes first.
        package var ended = 256
        /// Most bytes of events of ended jobs kept: 32 MiB.
        package var endedBytes = 32 << 20
        /// How long an ended job is kept.
        package var endedFor: Duration = .seconds(600)
        /// What is kept of each job's events.
        package var events = JobEventLog.Limits()

        package init() {}
    }

    /// Why a job was not taken.
    package enum Refusal: Error, Hashable, Sendable {
        /// The daemon is ending.
        case ending
        /// As many jobs as allowed have not ended.
        case tooMany
    }

    /// What cancelling came to.
    package enum Cancellation: Hashable, Sendable {
        case cancelled
        /// It had ended before.
        case alreadyEnded
        case unknown
    }

    private struct State {
        var live: [String: Job] = [:]
        /// In the order in which they ended.
        var ended: [(job: Job, at: Monotonic)] = []
        var endedBytes = 0
        var waiting: [ResumeOnce<Void, Never>] = []
        var bodies = 0
    }

    private let loop: EventLoop
    private let lifetime: Lifetime
    private let limits: Limits
    private let state = Mutex(State())

    /// - Parameter lifetime: every job that has not ended is work that keeps the daemon.
    package init(loop: EventLoop, lifetime: Lifetime, limits: Limits = Limits()) {
        self.loop = loop
        self.lifetime = lifetime
        self.limits = limits
    }

    /// Takes a job and starts it.
    ///
    /// - Parameters:
    ///   - operation: the name of what it does.
    ///   - abandonment: cancel it when, after having had a reader, it has had none for so long; `nil` lets it go on.
    ///   - body: does the work. It runs on the loop, with ``Job/current`` set, and says what it has to say through the job.
    package func submit(
        _ operation: String, abandonment: Duration? = nil, _ body: @escaping Job.Body
    ) throws(Refusal) -> Job {
        // Counted before it is allowed to begin: a drain that begins in between waits for it.
        state.withLock { $0.bodies += 1 }
        guard let work = lifetime.beginWork() else {
            bodyReturned()
            throw .ending
        }
        let job = Job(
            id: JobID.new(), operation: operation, abandonment: abandonment, limits: limits.events, work: work,
            loop: loop, onEnd: { [weak self] in self?.ended($0) }, onReturn: { [weak self] in self?.bodyReturned() })
        let isTaken = state.withLock { state in
            guard state.live.count < limits.live else { return false }
            state.live[job.id] = job
            return true
        }
        guard isTaken else {
            bodyReturned()
            throw .tooMany
        }
        job.start(body)
        return job
    }

    /// The job of an identity, if it is known still.
    package func job(_ id: String) -> Job? {
        state.withLock { state in
            dropOld(&state)
            return state.live[id] ?? state.ended.last { $0.job.id == id }?.job
        }
    }

    /// All that are known: those that ended first, in that order, then those at work.
    package var all: [Job] {
        state.withLock { state in
            dropOld(&state)
            return state.ended.map(\.job) + state.live.values.sorted { $0.id < $1.id }
        }
    }

    /// How many have not ended.
    package var live: Int {
        state.withLock { $0.live.count }
    }

    /// Cancels a job.
    package func cancel(_ id: String) -> Cancellation {
        guard let job = job(id) else { return .unknown }
        return job.cancel() ? .cancelled : .alreadyEnded
    }

    /// Cancels all that have not ended.
    package func cancelAll() {
        for job in state.withLock({ Array($0.live.values) }) { job.cancel() }
    }

    /// Waits until no body is at work any more.
    package func finished() async {
        let done = ResumeOnce<Void, Never>()
        let isWaiting = state.withLock { state in
            guard state.bodies > 0 else { return false }
            state.waiting.append(done)
            return true
        }
        if isWaiting { await done.value() }
    }

    private func ended(_ job: Job) {
        state.withLock { state in
            state.live.removeValue(forKey: job.id)
            state.ended.append((job, .now()))
            state.endedBytes += job.bytes
            dropOld(&state)
        }
    }

    private func bodyReturned() {
        let woken = state.withLock { state in
            state.bodies -= 1
            guard state.bodies == 0 else { return [] as [ResumeOnce<Void, Never>] }
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for waiter in woken { waiter.resume(with: .success(())) }
    }

    private func dropOld(_ state: inout State) {
        let now = Monotonic.now()
        let span = limits.endedFor.clampedNanoseconds
        while let oldest = state.ended.first,
            state.ended.count > limits.ended || state.endedBytes > limits.endedBytes || now.since(oldest.at) >= span
        {
            state.endedBytes -= oldest.job.bytes
            state.ended.removeFirst()
        }
    }
}
