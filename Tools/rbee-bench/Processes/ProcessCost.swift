internal import BenchReport

/// What a process has used since it started, and what it holds now.
struct ProcessCost {
    /// Nanoseconds on a processor.
    var processorTime = 0.0
    /// How often one of its threads went to sleep of itself, and so was woken.
    var wakeups = 0.0
    /// Mebibytes of its own, with its share of what others use too.
    var pss = 0.0
    /// Mebibytes that it has in memory.
    var rss = 0.0
    /// Mebibytes that no file stands behind: its heap and stacks.
    var anonymous = 0.0
    var descriptors = 0.0
    var threads = 0.0

    /// - Throws: when there is no such process.
    init(of pid: Int32) throws {
        let memory = ProcFolder.text("/proc/\(pid)/smaps_rollup")
        guard let pss = ProcFolder.number(after: "Pss:", in: memory), let rss = ProcFolder.number(after: "Rss:", in: memory),
            let anonymous = ProcFolder.number(after: "Anonymous:", in: memory)
        else {
            throw BenchError("process \(pid) ended while it was measured, or its memory may not be read")
        }
        self.pss = pss / 1_024
        self.rss = rss / 1_024
        self.anonymous = anonymous / 1_024
        descriptors = Double(ProcFolder.numbers(in: "/proc/\(pid)/fd").count)
        let tasks = ProcFolder.numbers(in: "/proc/\(pid)/task")
        threads = Double(tasks.count)
        for task in tasks {
            let folder = "/proc/\(pid)/task/\(task)"
            processorTime += ProcFolder.text("\(folder)/schedstat").split(separator: " ").first.flatMap { Double($0) } ?? 0
            wakeups += ProcFolder.number(after: "voluntary_ctxt_switches:", in: ProcFolder.text("\(folder)/status")) ?? 0
        }
    }
}
