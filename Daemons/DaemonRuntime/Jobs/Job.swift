package import DaemonContract
internal import EventLoop
package import OperationContract
internal import Synchronization

/// One job of a daemon: work with a name, a state and a stream of events that any number of readers follow.
///
/// The shell around ``JobCourse`` and ``JobEventLog``: it has the task that does the work, the timer, and the readers that wait.
package final class Job: Sendable {
    /// What a job does. What it throws becomes its error; `CancellationError` means that it was cancelled.
    package typealias Body = @Sendable (Job) async throws -> Void

    /// What a reader that waited finds.
    package enum Next: Hashable, Sendable {
        /// Events in order.
        case events([JobEventLog.Numbered])
        /// So many events went by unread and are not kept any more.
        case gap(missed: UInt64)
        /// Nothing for as long as the reader wanted to wait: say something to keep the connection alive.
        case quiet
        /// The end has been read.
        case ended
    }

    private struct State {
        var course: JobCourse
        var log: JobEventLog
        var task: Task<Void, Never>?
        var timer: EventLoop.Timer?
        var work: Lifetime.Work?
        var waiting: [UInt64: ResumeOnce<Bool, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// The job of the running task, if it belongs to one.
    @TaskLocal package static var current: Job?

    /// `job-<uuid>`.
    package let id: String
    /// The name of the operation it performs.
    package let operation: String
    private let loop: EventLoop
    private let state: Mutex<State>
    /// Called once when it has ended, and once when its body has returned.
    private let onEnd: @Sendable (Job) -> Void
    private let onReturn: @Sendable () -> Void

    init(
        id: String, operation: String, abandonment: Duration?, limits: JobEventLog.Limits, work: Lifetime.Work, loop: EventLoop,
        onEnd: @escaping @Sendable (Job) -> Void, onReturn: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.operation = operation
        self.loop = loop
        self.onEnd = onEnd
        self.onReturn = onReturn
        state = Mutex(
            State(course: JobCourse(abandonment: abandonment?.clampedNanoseconds), log: JobEventLog(limits: limits), work: work))
    }

    /// Where it is in its course.
    package var jobState: JobState {
        state.withLock { $0.course.state }
    }

    /// The same for clients.
    package var info: JobInfo {
        JobInfo(jobID: id, operation: operation, state: jobState)
    }

    /// Bytes its events take.
    var bytes: Int {
        state.withLock { $0.log.bytes }
    }

    /// Streams being read.
    package var readers: Int {
        state.withLock { $0.course.readers }
    }

    // MARK: What the body says

    /// Adds an event to the stream, with JSON as its data. After the end it is left out.
    package func emit(_ name: String, _ data: String) {
        append { $0.append(JobEventLog.Event(name: name, data: data)) }
    }

    /// Adds a piece of generated text.
    package func token(_ text: String) {
        var data = Array("{\"text\":".utf8)
        JSONText.append(text, to: &data)
        data.append(UInt8(ascii: "}"))
        emit(JobStreamEvent.Name.token, String(decoding: data, as: UTF8.self))
    }

    /// Adds the typed reply of its operation.
    package func reply(_ value: some Encodable) throws(ContractError) {
        emit(JobStreamEvent.Name.result, try ContractJSON.encodeText(value))
    }

    /// Adds what is going on, for people.
    package func narrate(_ narration: Narration) {
        // Strings and a number can always be written.
        guard let data = try? ContractJSON.encodeText(narration) else { return }
        emit(JobStreamEvent.Name.narration, data)
    }

    // MARK: Its course

    /// Cancels it, if it has not ended.
    ///
    /// - Returns: whether this ended it.
    @discardableResult
    package func cancel() -> Bool {
        perform(.state(.cancel))
    }

    /// Runs the body on the loop.
    func start(_ body: @escaping Body) {
        // Set before it can run: a cancellation must find the task.
        state.withLock { state in
            state.task = Task(executorPreference: loop) { [self] in
                defer { bodyEnded() }
                guard perform(.state(.start)) else { return }
                do {
                    try await Job.$current.withValue(self) { try await body(self) }
                    perform(.state(.complete))
                } catch is CancellationError {
                    perform(.state(.cancel))
                } catch {
                    perform(.state(Task.isCancelled ? .cancel : .fail(message: Self.message(of: error))))
                }
            }
        }
    }

    /// Notes an event and does what follows.
    ///
    /// - Returns: whether anything followed.
    @discardableResult
    private func perform(_ event: JobCourse.Event) -> Bool {
        var woken: [ResumeOnce<Bool, Never>] = []
        var cancelled: Task<Void, Never>?
        var ended = false
        let acted = state.withLock { state in
            let actions = state.course.handle(event)
            for action in actions {
                switch action {
                case .run:
                    break
                case .cancelBody:
                    cancelled = state.task
                case .end(let marker):
                    ended = state.log.end(marker.text)
                    woken = Self.takeWaiting(&state)
                case .armAbandonment(let span):
                    state.timer?.cancel()
                    state.timer = loop.schedule(after: .nanoseconds(clamping: span)) { [weak self] in self?.perform(.abandonmentDue) }
                case .disarmAbandonment:
                    state.timer?.cancel()
                    state.timer = nil
                }
            }
            return !actions.isEmpty
        }
        cancelled?.cancel()
        for waiter in woken { waiter.resume(with: .success(true)) }
        if ended { onEnd(self) }
        return acted
    }

    /// The body has returned, which may be long after the end: only now is nothing in flight any more.
    private func bodyEnded() {
        let work = state.withLock { state in
            state.task = nil
            return state.work.take()
        }
        work?.end()
        onReturn()
    }

    private static func message(of error: any Error) -> String {
        switch error {
        case let error as any CustomStringConvertible: error.description
        default: String(describing: error)
        }
    }

    // MARK: Reading

    /// A reader that begins with the first event, or after the one it saw last.
    package func reader(after lastID: UInt64? = nil) -> Reader {
        Reader(self, cursor: state.withLock { $0.log.cursor(after: lastID) })
    }

    fileprivate func readerCame() { perform(.readerCame) }
    fileprivate func readerLeft() { perform(.readerLeft) }

    fileprivate func read(at cursor: UInt64) -> JobEventLog.Reading {
        state.withLock { $0.log.read(at: cursor) }
    }

    /// Waits until there is more to read than there was at this cursor.
    ///
    /// - Returns: `false` when there was nothing for so long.
    fileprivate func wait(at cursor: UInt64, atMost limit: Duration) async throws(CancellationError) -> Bool {
        let change = ResumeOnce<Bool, Never>()
        let number = state.withLock { state -> UInt64? in
            guard state.log.read(at: cursor) == .waiting else { return nil }
            state.nextWaiter += 1
            state.waiting[state.nextWaiter] = change
            return state.nextWaiter
        }
        guard let number else { return true }
        let timer = loop.schedule(after: limit) { change.resume(with: .success(false)) }
        let changed = await withTaskCancellationHandler {
            await change.value()
        } onCancel: {
            change.resume(with: .success(false))
        }
        timer.cancel()
        state.withLock { _ = $0.waiting.removeValue(forKey: number) }
        if Task.isCancelled { throw CancellationError() }
        return changed
    }

    private func append(_ change: (inout JobEventLog) -> Void) {
        let woken = state.withLock { state in
            change(&state.log)
            return Self.takeWaiting(&state)
        }
        for waiter in woken { waiter.resume(with: .success(true)) }
    }

    private static func takeWaiting(_ state: inout State) -> [ResumeOnce<Bool, Never>] {
        guard !state.waiting.isEmpty else { return [] }
        defer { state.waiting.removeAll() }
        return Array(state.waiting.values)
    }
}

extension Job {
    /// One who follows a job's events. It counts as a reader as long as it lives.
    package final class Reader {
        private let job: Job
        private var cursor: UInt64

        fileprivate init(_ job: Job, cursor: UInt64) {
            self.job = job
            self.cursor = cursor
            job.readerCame()
        }

        deinit {
            job.readerLeft()
        }

        /// What comes next, waited for.
        ///
        /// - Parameter limit: how long to wait for an event before `quiet` is returned.
        package func next(atMost limit: Duration = .seconds(15)) async throws(CancellationError) -> Next {
            while true {
                switch job.read(at: cursor) {
                case .events(let events, let next):
                    cursor = next
                    return .events(events)
                case .gap(let missed, let next):
                    cursor = next
                    return .gap(missed: missed)
                case .ended:
                    return .ended
                case .waiting:
                    if try await !job.wait(at: cursor, atMost: limit) { return .quiet }
                }
            }
        }
    }
}
