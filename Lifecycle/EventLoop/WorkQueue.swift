/// One thing to run on a loop: a job of Swift's concurrency runtime, or a closure.
enum Work: Sendable {
    case job(UnownedJob)
    case call(@Sendable () -> Void)
}

/// First in, first out, without moving what waits at each removal.
struct WorkQueue {
    private var items: [Work] = []
    private var next = 0

    var isEmpty: Bool { next == items.count }

    mutating func append(_ work: Work) {
        items.append(work)
    }

    /// Takes everything of `batch`, which keeps its capacity.
    mutating func append(movingFrom batch: inout [Work]) {
        items.append(contentsOf: batch)
        batch.removeAll(keepingCapacity: true)
    }

    mutating func popFirst() -> Work? {
        guard next < items.count else { return nil }
        let work = items[next]
        next += 1
        if next == items.count {
            items.removeAll(keepingCapacity: items.capacity <= 1024)
            next = 0
        }
        return work
    }
}
