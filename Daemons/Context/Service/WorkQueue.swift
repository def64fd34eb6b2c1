internal import EventLoop

/// Work that was acknowledged and is done one piece after the other. Never more waits than has room; nothing is dropped.
actor WorkQueue {
    typealias Work = @Sendable () async -> Void

    private let loop: EventLoop
    private let capacity: Int
    private var waiting: [Work] = []
    private var running: Task<Void, Never>?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop, capacity: Int = 1_000) {
        self.loop = loop
        self.capacity = capacity
    }

    /// How many pieces wait.
    var count: Int { waiting.count }

    /// Takes a piece of work on.
    ///
    /// - Returns: false when there is no room.
    func add(_ work: @escaping Work) -> Bool {
        guard waiting.count < capacity else { return false }
        waiting.append(work)
        if running == nil { running = Task(executorPreference: loop) { await self.run() } }
        return true
    }

    /// Waits until all of it is done.
    func finish() async {
        while let running { await running.value }
    }

    private func run() async {
        var next = 0
        while next < waiting.count {
            let work = waiting[next]
            next += 1
            if next == 64 || next == waiting.count {
                waiting.removeFirst(next)
                next = 0
            }
            await work()
        }
        running = nil
    }
}
