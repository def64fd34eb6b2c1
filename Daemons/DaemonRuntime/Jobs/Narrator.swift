internal import Glibc
internal import OperationContract

/// Tells people what a daemon is doing: into the log, and into the stream of the job the running task belongs to, if it does.
///
/// The job is task-local (``Job/current``): what a job's body calls is routed to it without being told, and tasks it starts inherit it.
package struct Narrator: Sendable {
    /// Who does it: `queen`, `hive/localhost`.
    package let actor: String
    private let log: JSONLinesLog

    package init(actor: String, log: JSONLinesLog) {
        self.actor = actor
        self.log = log
    }

    /// Says a sentence.
    ///
    /// - Parameters:
    ///   - action: what is done, in a word: `spawn`, `schedule`.
    ///   - human: the sentence for people.
    ///   - target: what it is done to.
    ///   - job: the job it belongs to; the running task's unless another is named.
    package func say(_ action: String, _ human: String, target: String? = nil, job: Job? = Job.current) {
        var metadata: LogMetadata = ["actor": .text(actor), "action": .text(action), "human": .text(human)]
        if let target { metadata["target"] = .text(target) }
        if let job { metadata["job_id"] = .text(job.id) }
        log.info("Narration.", metadata)
        guard let job else { return }
        job.narrate(
            Narration(
                actor: actor, action: action, human: human, jobID: job.id, target: target, emittedAtMs: Self.milliseconds()))
    }

    private static func milliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec / 1_000_000)
    }
}
