import Glibc
import Testing

/// Explores a model, prints how much was looked at, and fails with the shortest counterexample if there is one.
@discardableResult
func expectLaws<M: Model>(_ name: String, _ model: M, limit: Int = 3_000_000, sourceLocation: SourceLocation = #_sourceLocation)
    -> Exploration
{
    let began = cpuMilliseconds()
    let exploration = Exploration(model, limit: limit)
    print("\(name): \(exploration.states) states, \(exploration.transitions) transitions, \(cpuMilliseconds() - began) ms")
    if let counterexample = exploration.counterexample {
        Issue.record("\(name): \(counterexample)", sourceLocation: sourceLocation)
    }
    return exploration
}

/// Walks a model at random, prints how much was looked at, and fails with the seed and the trail of the walk that broke a law.
///
/// `RBEE_SCHEDULE=<seed>` walks that one alone.
@discardableResult
func expectLaws<M: Model>(
    _ name: String, _ model: M, schedules count: Int, length: Int, sourceLocation: SourceLocation = #_sourceLocation
) -> Schedules {
    let given = getenv("RBEE_SCHEDULE").flatMap { UInt64(String(cString: $0)) }
    let schedules = Schedules(model, count: given == nil ? count : 1, from: given ?? 1, length: length)
    print("\(name): \(schedules.walks) schedules, \(schedules.transitions) transitions, \(schedules.ended) to their end")
    if let counterexample = schedules.counterexample {
        Issue.record(
            "\(name), again with RBEE_SCHEDULE=\(schedules.seed ?? 0): \(counterexample)", sourceLocation: sourceLocation)
    }
    return schedules
}

/// Explores a model that is known to be wrong: the law that it breaks must be found, or the exploration shows nothing.
func expectBroken<M: Model>(_ law: String, _ name: String, _ model: M, sourceLocation: SourceLocation = #_sourceLocation) {
    let exploration = Exploration(model)
    guard let counterexample = exploration.counterexample else {
        Issue.record("\(name) was not found out in \(exploration.states) states", sourceLocation: sourceLocation)
        return
    }
    #expect(counterexample.law.contains(law), "\(name): \(counterexample)", sourceLocation: sourceLocation)
    print("\(name): found out after \(exploration.states) states, \(counterexample.trail.count) steps")
}

/// Time that this thread has computed: what a test costs whatever else the machine does.
private func cpuMilliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
