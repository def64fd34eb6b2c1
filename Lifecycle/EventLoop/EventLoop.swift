internal import CEvent
internal import CPlatform
internal import Glibc
internal import Platform
internal import Synchronization

/// One libevent base on one thread of its own: a serial executor *and* a task executor, with timers, descriptors and signals.
///
/// Actors that serve on a loop name it as their executor, so that what arrives on a descriptor is handled on the thread where it
/// arrived, in the same turn: work enqueued from the loop's own thread goes to a plain queue that is emptied after each callback,
/// without a lock or a system call. Work from elsewhere wakes the loop up.
///
/// Only the loop's own thread ever calls libevent, which so needs no locks. Other threads hand in work and ring a bell.
///
/// A task that prefers the loop, `Task(executorPreference: loop)`, and its child tasks never leave it. Any other task, an actor's too, is
/// resumed by way of the global pool each time it has waited for something: that is how continuations work in Swift. So whoever serves on
/// a loop starts its tasks with the preference.
///
/// A loop lives until ``stop()``. Work that is enqueued after that is still run, one piece at a time, on a short-lived thread: no
/// task is ever lost; but nothing can be waited for any more.
package final class EventLoop: SerialExecutor, TaskExecutor {
    /// What the loop's thread is called, for debuggers and `ps -L`.
    package let name: String

    private static let everybodys = Mutex<EventLoop?>(nil)

    /// The loop of whoever needs no loop of its own. Made on first use, never stopped.
    ///
    /// - Throws: `noResources` if it is not there yet and no descriptor, memory or thread is left for it.
    package static func common() throws(EventLoopError) -> EventLoop {
        try everybodys.withLock { loop throws(EventLoopError) -> EventLoop in
            if let loop { return loop }
            let made = try EventLoop(name: "loop")
            loop = made
            return made
        }
    }

    /// The same, for a program of our own, which can do nothing at all without it. A library asks for `common()`.
    package static let shared: EventLoop = {
        do throws(EventLoopError) {
            return try common()
        } catch {
            fatalError("no event loop: \(error.message)")  // before anything has come in: nothing can be done, or said otherwise
        }
    }()

    /// What other threads hand in.
    private struct Inbox {
        enum Phase {
            /// The thread runs libevent's loop. Can become `ending`.
            case running
            /// The thread finishes what is queued. Can become `ended`.
            case ending
            /// No thread. Can become `ending` again when work arrives.
            case ended
        }

        var phase = Phase.running
        var work: [Work] = []
        var waitingForEnd: [ResumeOnce<Void, Never>] = []
    }

    private let inbox = Mutex(Inbox())
    /// The thread that runs the work, 0 between threads.
    private let thread = Atomic<UInt>(0)

    /// Rung when work was handed in: an eventfd, watched for edges and so never read. It goes with the loop, not with its end: whoever has
    /// handed in work may be about to ring.
    private let bell: Descriptor

    nonisolated(unsafe) let base: OpaquePointer  // written once in init; the loop's thread only
    private nonisolated(unsafe) let rung: OpaquePointer  // written once in init; the loop's thread only
    private nonisolated(unsafe) let behind: OpaquePointer  // written once in init; the loop's thread only
    private nonisolated(unsafe) var queue = WorkQueue()  // the loop's thread only
    private nonisolated(unsafe) var batch: [Work] = []  // the loop's thread only
    nonisolated(unsafe) var sources: [ObjectIdentifier: EventSource] = [:]  // the loop's thread only
    nonisolated(unsafe) private(set) var isOpen = true  // the loop's thread only

    /// More is queued than one turn may run: it goes on once descriptors have been looked at, and not after each of them.
    private nonisolated(unsafe) var isBehind = false  // the loop's thread only

    /// How much queued work is run before descriptors are looked at again: so many pieces, or what takes so long.
    private static let workPerTurn = 512
    private static let longestTurn: Duration = .milliseconds(10)
    /// The clock is looked at after so many pieces.
    private static let piecesPerGlance = 16

    /// Starts a loop and its thread.
    ///
    /// - Parameter name: at most 15 bytes of it are shown by the kernel.
    /// - Throws: `noResources` if no descriptor, memory or thread is left.
    package init(name: String) throws(EventLoopError) {
        self.name = name
        let number = rbee_eventfd()
        guard number >= 0 else {
            throw EventLoopError(.noResources, "no descriptor for an event loop: \(String(cString: strerror(errno)))")
        }
        bell = Descriptor(adopting: number)
        base = try makeBase()
        let edges = Int16(EV_READ) | Int16(EV_PERSIST) | Int16(EV_ET)
        let made = (rung: event_new(base, number, edges, wokenUp, nil), behind: event_new(base, -1, 0, wokenUp, nil))
        guard let rung = made.rung, let behind = made.behind else {
            made.rung.map(event_free)
            made.behind.map(event_free)
            event_base_free(base)
            throw EventLoopError(.noResources, "no memory for an event loop")
        }
        (self.rung, self.behind) = (rung, behind)
        let context = Unmanaged.passUnretained(self).toOpaque()
        event_assign(rung, base, number, edges, wokenUp, context)
        event_assign(behind, base, -1, 0, wokenUp, context)
        let code = event_add(rung, nil) == 0 ? startThread() : errno
        if code != 0 {
            freeEvents()
            throw EventLoopError(.noResources, "no thread for an event loop: \(String(cString: strerror(code)))")
        }
    }

    // MARK: Work

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    /// Runs a job of Swift's concurrency runtime: at the end of this turn if called on the loop, else as soon as it wakes up.
    package func enqueue(_ job: consuming ExecutorJob) {
        submit(.job(UnownedJob(job)))
    }

    /// Runs `body` on the loop: at the end of this turn if called on the loop, else as soon as it wakes up.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        submit(.call(body))
    }

    /// Runs `body` on the loop: now if called there, else as soon as it wakes up.
    package func run(_ body: @escaping @Sendable () -> Void) {
        if isCurrent {
            body()
        } else {
            submit(.call(body))
        }
    }

    /// Whether the current task prefers this loop, and so will be resumed on it.
    package var isPreferred: Bool {
        withUnsafeCurrentTask { $0?.unownedTaskExecutor == asUnownedTaskExecutor() }
    }

    package func checkIsolated() {
        precondition(isCurrent, "not on the thread of event loop \(name)")
    }

    package func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    private func submit(_ work: Work) {
        if isCurrent {
            queue.append(work)
            return
        }
        let (rings, needsThread) = inbox.withLock { inbox in
            inbox.work.append(work)
            switch inbox.phase {
            case .running:
                return (inbox.work.count == 1, false)
            case .ending:
                return (false, false)
            case .ended:
                inbox.phase = .ending
                return (false, true)
            }
        }
        // Not under the lock: the loop's thread would wake up only to wait for it.
        if rings {
            var one: UInt64 = 1
            _ = write(bell.rawValue, &one, MemoryLayout<UInt64>.size)  // never full: its count would take centuries
        }
        if needsThread {
            // Nobody would ever hear of what is lost here. Loops that stop are a test's: the common one never does.
            let code = startThread()
            precondition(code == 0, "no thread for work on the stopped event loop \(name): \(String(cString: strerror(code)))")
        }
    }

    /// The end of every callback: runs what it enqueued, and what that enqueued, within reason.
    func finishTurn() {
        // Many descriptors may be ready at once: a turn's worth of work after each would keep a new one waiting for all of it.
        if isBehind { return }
        var left = Self.workPerTurn
        var begun: SuspendingClock.Instant?
        while left > 0, let work = queue.popFirst() {
            perform(work)
            left -= 1
            guard left % Self.piecesPerGlance == 0 else { continue }
            let now = SuspendingClock.now
            if now - (begun ?? now) >= Self.longestTurn { break }
            begun = begun ?? now
        }
        if !queue.isEmpty {
            // A timer of zero, not an active event: libevent looks at descriptors before it looks at timers.
            var now = timeval()
            isBehind = event_add(behind, &now) == 0
        }
    }

    fileprivate func takeInbox() {
        isBehind = false
        inbox.withLock { swap(&$0.work, &batch) }
        queue.append(movingFrom: &batch)
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job):
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        case .call(let body):
            body()
        }
    }

    // MARK: Beginning and end

    /// Ends the loop: what is queued still runs, timers and watches never fire again, whoever sleeps or waits for a descriptor gets
    /// `CancellationError`. Returns at once; see ``finished()``.
    package func stop() {
        execute {
            if self.isOpen {
                event_base_loopbreak(self.base)
            }
        }
    }

    /// Waits until a stopped loop has given back its thread and its descriptors but the bell, which goes with the loop. Not to be called from work on this loop.
    package func finished() async {
        let end = ResumeOnce<Void, Never>()
        let over = inbox.withLock { inbox in
            if inbox.phase == .ended { return true }
            inbox.waitingForEnd.append(end)
            return false
        }
        if !over {
            await end.value()
        }
    }

    private func startThread() -> Int32 {
        let context = Unmanaged.passRetained(self)
        let code = rbee_thread_start(
            name,
            { raw in
                guard let raw else { return }
                Unmanaged<EventLoop>.fromOpaque(raw).takeRetainedValue().threadMain()
            }, context.toOpaque())
        if code != 0 {
            context.release()
        }
        return code
    }

    private func threadMain() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        if isOpen {
            event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY)
            close()
        }
        finishWork()
    }

    /// Gives back what the loop holds of libevent.
    private func close() {
        isOpen = false
        for source in sources.values {
            source.loopEnded()
        }
        sources = [:]
        inbox.withLock { $0.phase = .ending }
        freeEvents()
    }

    private func freeEvents() {
        event_free(rung)
        event_free(behind)
        event_base_free(base)
    }

    /// Runs what is left, and leaves when nothing is.
    private func finishWork() {
        while true {
            takeInbox()
            while let work = queue.popFirst() {
                perform(work)
            }
            let waiters = inbox.withLock { inbox -> [ResumeOnce<Void, Never>]? in
                guard inbox.work.isEmpty else { return nil }
                inbox.phase = .ended
                thread.store(0, ordering: .relaxed)
                defer { inbox.waitingForEnd = [] }
                return inbox.waitingForEnd
            }
            if let waiters {
                for waiter in waiters {
                    waiter.resume(with: .success(()))
                }
                return
            }
        }
    }
}

private let wokenUp: event_callback_fn = { _, _, context in
    guard let context else { return }
    let loop = Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
    loop.takeInbox()
    loop.finishTurn()
}

/// Tells libevent, once, not to write its warnings to our standard error.
private let isQuiet: Bool = {
    event_set_log_callback { _, _ in }
    return true
}()

private func makeBase() throws(EventLoopError) -> OpaquePointer {
    guard isQuiet, let configuration = event_config_new() else {
        throw EventLoopError(.noResources, "no memory for an event loop")
    }
    defer { event_config_free(configuration) }
    // Without precise timers a millisecond takes more than four; with a cached clock a timer set late in a turn fires early.
    // No locks: each base belongs to one thread.
    let flags = [EVENT_BASE_FLAG_PRECISE_TIMER, EVENT_BASE_FLAG_NO_CACHE_TIME, EVENT_BASE_FLAG_IGNORE_ENV, EVENT_BASE_FLAG_NOLOCK]
    for flag in flags {
        event_config_set_flag(configuration, Int32(flag.rawValue))
    }
    guard let base = event_base_new_with_config(configuration) else {
        throw EventLoopError(.noResources, "no event loop: \(String(cString: strerror(errno)))")
    }
    return base
}
