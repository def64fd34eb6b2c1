import DaemonContract
import DaemonHarness
import HTTP
import OperationContract
import Testing

/// Jobs of the queen: tokens as they come, one reply, one end.
struct JobLiveTests {
    private func infer(_ prompt: String = "hello", model: String = "m", stream: Bool = true, worker: String? = nil) -> Operation {
        .infer(
            InferRequest(
                hiveID: "localhost", model: model, prompt: prompt, maxTokens: 16, temperature: 0.7, workerID: worker, stream: stream))
    }

    private func text(of events: [SSEEvent]) throws -> String {
        try events.filter { $0.event == JobStreamEvent.Name.token }
            .map { try ContractJSON.decode(TokenEvent.self, text: $0.data).text }.joined()
    }

    @Test func anInferenceStreamsItsTokensThenItsReplyThenItsEnd() async throws {
        try await Hiveless.with { queen, _ in
            // Words that other systems took for the end of a job.
            let pieces = ["[DONE]", " failed: ", "[ERROR] no\n", "\n\ndata: [CANCELLED]", " é🐝"]
            let worker = try FakeWorker(
                "a", answer: FakeWorker.saying(pieces[0], pieces[1], pieces[2], pieces[3], pieces[4]))
            try await worker.announce(to: queen)
            let job = try await queen.api.submit(infer("Job failed: [DONE]"))
            let events = try await job.events()
            #expect(try text(of: events) == pieces.joined())
            #expect(events.last == SSEEvent(event: nil, id: events.last?.id, data: "[DONE]"))
            #expect(events.filter { $0.event == nil }.count == 1)
            let result = try #require(events.last { $0.event == JobStreamEvent.Name.result })
            let reply = try ContractJSON.decode(InferResponse.self, text: result.data)
            #expect(reply.text == pieces.joined())
            #expect(reply.tokens == 5)
            #expect(reply.workerID == "a")
            #expect(reply.finishReason == .stop)
            #expect(worker.requests.first?.contains("Job failed: [DONE]") == true)
            // Whoever comes back later reads on where they were, and whoever comes late reads it all.
            #expect(try await job.events() == events)
            let rest = try await job.events(after: events[1].id)
            #expect(rest == Array(events.dropFirst(2)))
        }
    }

    @Test func tokensComeWhileTheWorkerSpeaks() async throws {
        try await Hiveless.with { queen, _ in
            let release = Latch()
            let worker = try FakeWorker("a", answer: FakeWorker.saying("one", then: release, "two"))
            try await worker.announce(to: queen)
            let stream = try await queen.api.submit(infer()).stream()
            let first = try await stream.first { $0.event == JobStreamEvent.Name.token }
            #expect(try text(of: [first]) == "one")
            release.open()
            let end = try await stream.first { $0.event == nil }
            #expect(end.data == "[DONE]")
        }
    }

    @Test func withoutStreamingThereIsOnlyTheReply() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a", answer: FakeWorker.saying("one", "two"))
            try await worker.announce(to: queen)
            let events = try await queen.api.submit(infer(stream: false)).events()
            #expect(!events.contains { $0.event == JobStreamEvent.Name.token })
            #expect(events.contains { $0.event == JobStreamEvent.Name.result && $0.data.contains("onetwo") })
        }
    }

    @Test func aCancelledJobSaysSoAndStopsTheWorker() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a", answer: FakeWorker.saying("one", then: Latch()))
            try await worker.announce(to: queen)
            let job = try await queen.api.submit(infer())
            let stream = try await job.stream()
            _ = try await stream.first { $0.event == JobStreamEvent.Name.token }
            #expect(try await job.cancel().status == 200)
            #expect(try await stream.first { $0.event == nil }.data == "[CANCELLED]")
            #expect(try await stream.next() == nil)
            try await worker.cancelled.wait()
            #expect(try await job.cancel().status == 409)
        }
    }

    @Test func aFailureIsTheEndAndNamesItsReason() async throws {
        try await Hiveless.with { queen, _ in
            let unknown = try await queen.api.ending(of: infer(model: "nope"))
            #expect(unknown.hasPrefix("[ERROR] ") && unknown.contains("nope"))
            let worker = try FakeWorker("a", answer: FakeWorker.breakingOff(after: "one"))
            try await worker.announce(to: queen)
            let events = try await queen.api.submit(infer()).events()
            #expect(try text(of: events) == "one")
            #expect(events.last?.data.hasPrefix("[ERROR] worker a broke off") == true)
            #expect(!events.contains { $0.event == JobStreamEvent.Name.result })
            worker.answer { _, _, _ in .json(OpenAIError.invalid("too hot", param: "temperature"), status: .badRequest) }
            try await worker.announce(to: queen)
            #expect(try await queen.api.ending(of: infer()) == "[ERROR] too hot")
            worker.answer { _, _, _ in
                .events { writer in
                    try await writer.send(data: try ContractJSON.encodeText(OpenAIError.server("out of memory")))
                    try await writer.send(data: OpenAIStream.end)
                }
            }
            #expect(try await queen.api.ending(of: infer()) == "[ERROR] out of memory")
            #expect(try await queen.api.ending(of: infer(worker: "b")).contains("no worker is called b"))
        }
    }

    @Test func operationsAnswerWithTheirTypes() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a")
            try await worker.announce(to: queen, inFlight: 2)
            let status: StatusReply = try await queen.api.run(.status)
            #expect(status.queen?.nonce == queen.info.nonce)
            #expect(status.workers.map(\.workerID) == ["a"] && status.workers.first?.inFlight == 2)
            let list: WorkerList = try await queen.api.run(.activeWorkerList)
            #expect(list.workers.map(\.workerID) == ["a"])
            let row: WorkerStatusRow = try await queen.api.run(.activeWorkerGet(WorkerTarget(workerID: "a")))
            #expect(row.baseURL == "http://127.0.0.1:\(worker.port)")
            let hives: HiveList = try await queen.api.run(.hiveList)
            #expect(hives.hives.isEmpty)
            let check: CheckReply = try await queen.api.run(.queenCheck)
            #expect(check.daemon?.pid == queen.info.pid)
            for operation: Operation in [
                .activeWorkerGet(WorkerTarget(workerID: "b")), .hiveGet(HiveAlias(alias: "h")), .hiveStatus(HiveAlias(alias: "h")),
                .modelDownload(ModelDownloadRequest(model: "m")),
            ] {
                let ending = try await queen.api.ending(of: operation)
                #expect(ending.hasPrefix("[ERROR] "), "\(operation): \(ending)")
            }
            // Every one of them is known afterwards, as ended.
            let jobs = try await queen.api.ask(.get, JobPath.jobs)
            #expect(jobs.text.contains(#""status":"completed""#) && !jobs.text.contains(#""status":"running""#))
        }
    }
}
