internal import Glibc

/// The same programs without anybody to look after them but a loop: spawn, wait, spawn again. Nothing that keeps programs running can do less.
final class BareFleet {
    private let fleet: PlainFleet
    private var children: [Child] = []

    init(_ fleet: PlainFleet) {
        self.fleet = fleet
    }

    /// - Returns: milliseconds until all of them have answered.
    func start() throws -> Double {
        let begun = Clock.now
        for port in fleet.ports { children.append(try Child(fleet.program, ["\(port)"])) }
        for port in fleet.ports { try PlainFleet.wait(for: port) }
        return Clock.milliseconds(since: begun)
    }

    /// - Returns: milliseconds from the death of one of them until another answers in its place.
    func crash(_ index: Int) throws -> Double {
        let begun = Clock.now
        children[index].signal(SIGKILL)
        children[index].wait()
        let old = children[index].pid
        children[index] = try Child(fleet.program, ["\(fleet.ports[index])"])
        try PlainFleet.wait(for: fleet.ports[index], otherThan: old)
        return Clock.milliseconds(since: begun)
    }

    /// - Returns: milliseconds until all of them are gone.
    func stop() -> Double {
        let begun = Clock.now
        for child in children { child.signal(SIGTERM) }
        for child in children { child.wait() }
        children = []
        return Clock.milliseconds(since: begun)
    }
}
