import DaemonRuntime
import EventLoop
import OperationContract
import Testing

@Suite struct JobRegistryTests {
    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let lifetime = Lifetime(ttl: .seconds(60), loop: .shared)

    private func registry(_ change: (inout JobRegistry.Limits) -> Void = { _ in }) -> JobRegistry {
        var limits = JobRegistry.Limits()
        change(&limits)
        return JobRegistry(loop: .shared, lifetime: lifetime, limits: limits)
    }

    /// Reads a job to its end: the data of its events, gaps as `gap N`.
    private func read(_ job: Job, after lastID: UInt64? = nil) async throws -> [String] {
        let reader = job.reader(after: lastID)
        var seen: [String] = []
        while true {
            switch try await reader.next() {
            case .events(let events): seen += events.map { "\($0.event.name.map { $0 + " " } ?? "")\($0.event.data)" }
            case .gap(let missed): seen.append("gap \(missed)")
            case .quiet: seen.append("quiet")
            case .ended: return seen
            }
        }
    }

    /// A job that goes on until it is cancelled or told to end.
    private func endless(_ registry: JobRegistry, abandonment: Duration? = nil) throws -> Job {
        try registry.submit("test", abandonment: abandonment) { _ in try await EventLoop.shared.sleep(for: .seconds(3600)) }
    }

    @Test func aJobStreamsWhatItSaysAndEndsDone() async throws {
        let registry = registry()
        let job = try registry.submit("test") { job in
            #expect(EventLoop.shared.isCurrent)
            job.token("a \"b\"\n")
            try job.reply(TokenEvent(text: "all"))
        }
        #expect(JobID.isValid(job.id))
        #expect(try await read(job) == [#"token {"text":"a \"b\"\n"}"#, #"result {"text":"all"}"#, "[DONE]"])
        #expect(try await read(job, after: 1).count == 2)
        #expect(job.jobState == .completed)
        #expect(job.info == JobInfo(jobID: job.id, operation: "test", state: .completed))
    }

    @Test func aJobThatThrowsEndsWithItsMessage() async throws {
        let job = try registry().submit("test") { _ in throw Failure(description: "no model") }
        #expect(try await read(job) == ["[ERROR] no model"])
        #expect(job.jobState == .failed(message: "no model"))
    }

    @Test func aJobIsCancelledOnceAndEverybodyHears() async throws {
        let registry = registry()
        let job = try endless(registry)
        async let one = read(job)
        async let two = read(job)
        #expect(registry.cancel(job.id) == .cancelled)
        #expect(registry.cancel(job.id) == .alreadyEnded)
        #expect(registry.cancel("job-0") == .unknown)
        #expect(try await [one, two] == [["[CANCELLED]"], ["[CANCELLED]"]])
        await registry.finished()
        #expect(lifetime.inFlight == 0)
    }

    @Test func aJobKeepsTheDaemonUntilItsBodyHasReturned() async throws {
        let registry = registry()
        let begun = ResumeOnce<Void, Never>()
        let release = ResumeOnce<Void, Never>()
        let job = try registry.submit("test") { _ in
            begun.resume(with: .success(()))
            await release.value()
        }
        #expect(lifetime.inFlight == 1)
        // Cancelled before it began, it would have no body to wait for.
        await begun.value()
        job.cancel()
        #expect(try await read(job) == ["[CANCELLED]"])
        #expect(registry.live == 0)
        #expect(lifetime.inFlight == 1, "cancelled, but still at work")
        release.resume(with: .success(()))
        await registry.finished()
        #expect(lifetime.inFlight == 0)
    }

    @Test func readersFollowWhileItRuns() async throws {
        let registry = registry()
        let steps = (0..<3).map { _ in ResumeOnce<Void, Never>() }
        let last = ResumeOnce<Void, Never>()
        let job = try registry.submit("test") { job in
            for (number, step) in steps.enumerated() {
                await step.value()
                job.token("\(number)")
            }
            await last.value()
        }
        let reader = job.reader()
        #expect(try await reader.next(atMost: .milliseconds(1)) == .quiet)
        for (number, step) in steps.enumerated() {
            step.resume(with: .success(()))
            guard case .events(let events) = try await reader.next() else {
                Issue.record("no event")
                return
            }
            #expect(events.map(\.id) == [UInt64(number + 1)])
        }
        last.resume(with: .success(()))
        guard case .events(let end) = try await reader.next() else {
            Issue.record("no end")
            return
        }
        #expect(end.map(\.event.data) == ["[DONE]"])
        #expect(try await reader.next() == .ended)
        #expect(try await reader.next() == .ended)
    }

    @Test func aReaderThatWaitsCanBeCancelled() async throws {
        let registry = registry()
        let job = try endless(registry)
        let reading = Task { try await read(job) }
        while job.readers == 0 { await Task.yield() }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(job.readers == 0)
        #expect(!job.jobState.isFinal, "the reader leaving does not cancel the job")
        job.cancel()
    }

    @Test func aJobThatIsOnlyForReadersIsGivenUpWithoutThem() async throws {
        let registry = registry()
        let job = try endless(registry, abandonment: .milliseconds(1))
        var reader: Job.Reader? = job.reader()
        #expect(try await reader?.next(atMost: .milliseconds(20)) == .quiet)
        reader = nil
        await registry.finished()
        #expect(job.jobState == .cancelled)
    }

    @Test func aSlowReaderIsToldOfAGap() async throws {
        let registry = registry { $0.events.events = 4 }
        let job = try registry.submit("test") { job in
            for number in 0..<10 { job.token("\(number)") }
        }
        await registry.finished()
        let seen = try await read(job)
        #expect(seen.first == "gap 7")
        #expect(seen.count == 5 && seen.last == "[DONE]")
    }

    @Test func endedJobsAreKeptForABoundedNumberAndTime() async throws {
        let registry = registry { $0.ended = 2 }
        var ids: [String] = []
        for _ in 0..<4 {
            let job = try registry.submit("test") { _ in }
            ids.append(job.id)
            await registry.finished()
        }
        #expect(ids.map { registry.job($0) != nil } == [false, false, true, true])
        #expect(registry.all.map(\.id) == Array(ids.suffix(2)))

        let brief = self.registry { $0.endedFor = .zero }
        let job = try brief.submit("test") { _ in }
        await brief.finished()
        #expect(brief.job(job.id) == nil)

        let small = self.registry { $0.endedBytes = 100 }
        let big = try small.submit("test") { $0.token(String(repeating: "x", count: 200)) }
        await small.finished()
        #expect(small.job(big.id) == nil)
        #expect(try await read(big).count == 2, "whoever has it reads it to the end")
    }

    @Test func jobsAreRefusedBeyondTheLimitAndWhenEnding() async throws {
        let registry = registry { $0.live = 1 }
        let job = try endless(registry)
        #expect(throws: JobRegistry.Refusal.tooMany) { try endless(registry) }
        #expect(lifetime.inFlight == 1)
        registry.cancelAll()
        #expect(job.jobState == .cancelled)
        await registry.finished()
        _ = try endless(registry).cancel()
    }

    @Test func narrationGoesToTheJobOfTheTaskAndOfTasksItStarts() async throws {
        let narrator = Narrator(actor: "test", log: JSONLinesLog())
        let registry = registry()
        #expect(Job.current == nil)
        narrator.say("before", "To the log only.")
        let job = try registry.submit("test") { job in
            narrator.say("one", "First.")
            await withTaskGroup { group in
                group.addTask { narrator.say("two", "Second.", target: "x") }
            }
            await Task { narrator.say("three", "Third.") }.value
            await Task.detached { narrator.say("four", "To the log only.") }.value
        }
        let seen = try await read(job)
        #expect(seen.count == 4)
        let narrations = try seen.dropLast().map { try JobStreamEvent(name: "narration", data: String($0.dropFirst(10))) }
        for (event, action) in zip(narrations, ["one", "two", "three"]) {
            guard case .narration(let narration) = event else {
                Issue.record("\(event)")
                continue
            }
            #expect(narration.action == action && narration.jobID == job.id && narration.actor == "test")
        }
    }

    @Test func manyJobsAndReadersAtOnce() async throws {
        let registry = registry()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                let job = try registry.submit("test") { job in
                    for piece in 0..<100 {
                        job.token("\(number).\(piece)")
                        if piece % 10 == 0 { await Task.yield() }
                    }
                }
                for _ in 0..<3 {
                    group.addTask {
                        let seen = try await read(job)
                        #expect(seen.count == 101 && seen.last == "[DONE]")
                    }
                }
            }
            try await group.waitForAll()
        }
        await registry.finished()
        #expect(registry.live == 0 && lifetime.inFlight == 0)
    }
}
