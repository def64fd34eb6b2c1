import DaemonContract
import DaemonHarness
import EventLoop
import HTTP
import OperationContract
import Synchronization
import Testing

/// Streams through the queen: as they come, no faster than they are read, and with an honest end.
struct StreamLiveTests {
    @Test func piecesPassAsTheyCome() async throws {
        try await Hiveless.with { queen, _ in
            let release = Latch()
            let worker = try FakeWorker("a", answer: FakeWorker.saying("one", then: release, "two"))
            try await worker.announce(to: queen)
            let response = try await queen.api.streamedChat("m")
            #expect(response.status == .ok)
            #expect(response.headers["Content-Type"] == "text/event-stream")
            let events = TestEvents(response.body)
            // The first is read while the worker waits for us before it says the second.
            #expect(try await events.next()?.data == FakeWorker.chunk("one"))
            release.open()
            #expect(try await events.next()?.data == FakeWorker.chunk("two"))
            var last: SSEEvent?
            while let event = try await events.next() { last = event }
            #expect(last?.data == OpenAIStream.end)
        }
    }

    @Test func aWorkerThatDiesInTheMiddleIsAnErrorAndNoHang() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a", answer: FakeWorker.breakingOff(after: "one"))
            try await worker.announce(to: queen)
            let response = try await queen.api.streamedChat("m")
            let events = TestEvents(response.body)
            #expect(try await events.next()?.data == FakeWorker.chunk("one"))
            // The connection ends without the body's end: no client takes that for a whole answer.
            let error = await #expect(throws: HTTPError.self) { try await events.next() }
            #expect(error?.code == .closed)
            // It is not asked again until it is heard of, and the queen is well.
            #expect(try await queen.api.chat("m").status == 503)
            worker.answer(FakeWorker.saying("back"))
            try await worker.announce(to: queen)
            #expect(try await queen.api.chat("m").said == "back")
        }
    }

    @Test func aClientThatLeavesCancelsTheWorker() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a", answer: FakeWorker.saying("one", then: Latch()))
            try await worker.announce(to: queen)
            do {
                let events = TestEvents(try await queen.api.streamedChat("m").body)
                #expect(try await events.next() != nil)
            }
            // The body was dropped unread, which closes its connection.
            try await worker.cancelled.wait()
            _ = try await eventually("no load") {
                try await (queen.api.get(RegistryPath.workers) as WorkerList).workers.first?.inFlight == 0 ? true : nil
            }
        }
    }

    @Test func aClientThatLeavesBeforeTheAnswerBeginsCancelsTheWorker() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a", answer: FakeWorker.thinking(until: Latch(), then: FakeWorker.saying("late")))
            try await worker.announce(to: queen)
            let client = Task { try await queen.api.chat("m") }
            _ = try await eventually("the request") { worker.requests.count == 1 ? true : nil }
            client.cancel()
            _ = await client.result
            try await worker.cancelled.wait()
        }
    }

    @Test func aSlowReaderSlowsTheWorkerDown() async throws {
        try await Hiveless.with { queen, _ in
            let written = Atomic<Int>(0)
            let worker = try FakeWorker("a") { _, _, _ in
                HTTPResponse(
                    content: .stream { writer in
                        let piece = [UInt8](repeating: 0x78, count: 65_536)
                        for _ in 0..<1024 {
                            try await writer.write(piece)
                            written.add(1, ordering: .relaxed)
                        }
                    })
            }
            try await worker.announce(to: queen)
            let response = try await queen.api.streamedChat("m")
            // Nobody reads: the worker gets as far as the buffers on the way hold, and then no further.
            var (seen, same) = (-1, 0)
            while same < 20 {
                let now = written.load(ordering: .relaxed)
                (seen, same) = (now, now == seen ? same + 1 : 0)
                try await EventLoop.shared.sleep(for: .milliseconds(10))
            }
            #expect(seen > 0 && seen < 512, "64 KiB pieces on the way: \(seen)")
            // Once it is read it goes on, to the last byte.
            let body = try await EventLoop.shared.withDeadline(TestAPI.patience) { try await response.collectBody(upTo: 128 << 20) }
            #expect(body.count == 1024 * 65_536)
        }
    }

    @Test func whatIsWholeHasItsTypeAndStatus() async throws {
        try await Hiveless.with { queen, _ in
            let worker = try FakeWorker("a") { _, path, body in
                if body.contains("refuse") {
                    return .json(OpenAIError.invalid("too hot", param: "temperature"), status: .badRequest)
                }
                return .json(bytes: Array(#"{"path":"\#(path)"}"#.utf8))
            }
            try await worker.announce(to: queen)
            for path in [OpenAIPath.chatCompletions, OpenAIPath.completions, OpenAIPath.embeddings] {
                let answer = try await queen.api.ask(.post, path, #"{"model":"m","input":"x"}"#)
                #expect(answer.status == 200 && answer.text == #"{"path":"\#(path)"}"#)
                #expect(answer.headers["Content-Type"] == "application/json")
            }
            // A worker's refusal is the client's answer, word for word, and no reason to ask another one.
            let refused = try await queen.api.ask(.post, OpenAIPath.completions, #"{"model":"m","prompt":"refuse"}"#)
            #expect(refused.status == 400 && refused.openAIError?.param == "temperature")
            #expect(worker.requests.count == 4)
            // What the queen does not know of a request passes through untouched.
            let odd = #"{"model":"m","prompt":"x","some_future_field":{"deep":[1,2.5e300,"\u00e9"]}}"#
            _ = try await queen.api.ask(.post, OpenAIPath.completions, odd)
            #expect(worker.requests.last == odd)
        }
    }
}
