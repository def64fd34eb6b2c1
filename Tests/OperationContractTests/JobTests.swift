import DaemonContract
import OperationContract
import Testing

@Suite("Jobs")
struct JobTests {
    private static let states: [JobState] = [.queued, .running, .completed, .failed(message: "m"), .cancelled]
    private static let events: [JobState.Event] = [.start, .complete, .fail(message: "x"), .cancel]

    @Test("Every state against every event")
    func table() {
        let allowed: [JobState: [JobState.Event: JobState]] = [
            .queued: [.start: .running, .cancel: .cancelled],
            .running: [.complete: .completed, .fail(message: "x"): .failed(message: "x"), .cancel: .cancelled],
        ]
        for state in Self.states {
            for event in Self.events {
                #expect(state.after(event) == allowed[state]?[event], "\(state) after \(event)")
            }
        }
    }

    @Test("A machine gives its marker exactly once, whatever happens to it")
    func once() {
        // Every sequence of four events.
        func run(_ machine: JobMachine, _ left: Int, _ markers: Int) {
            #expect(markers == (machine.state.isFinal ? 1 : 0))
            guard left > 0 else { return }
            for event in Self.events {
                var next = machine
                let outcome = next.apply(event)
                switch outcome {
                case .rejected:
                    #expect(next == machine)
                    run(next, left - 1, markers)
                case .moved(let state):
                    #expect(next.state == state && !state.isFinal)
                    run(next, left - 1, markers)
                case .ended(let marker):
                    #expect(next.state.marker == marker)
                    run(next, left - 1, markers + 1)
                }
            }
        }
        run(JobMachine(), 4, 0)
    }

    @Test("A job cancelled while it waits can never run")
    func cancelledEarly() {
        var machine = JobMachine()
        #expect(machine.apply(.cancel) == .ended(.cancelled))
        #expect(machine.apply(.start) == .rejected)
        #expect(machine.state == .cancelled)
    }

    @Test("Markers are whole events only")
    func markers() {
        for marker in [JobMarker.done, .cancelled, .error("it broke"), .error("two\nlines"), .error("")] {
            #expect(JobMarker(marker.text) == marker)
        }
        #expect(JobMarker("[ERROR]") == .error(""))
        for text in ["", " [DONE]", "[DONE] ", "say [DONE]", "[done]", "[ERROR]x", "failed: x", "[DONE]\n", "[CANCELLED] no"] {
            #expect(JobMarker(text) == nil)
        }
    }

    @Test(
        "Stream events come back from their name and data",
        arguments: [
            .narration(Narration(actor: "queen", action: "schedule", human: "to w", jobID: "job-1")), .token(TokenEvent(text: "[DONE]")),
            .token(TokenEvent(text: " tok\nen")), .result(#"{"a":1}"#), .end(.done), .end(.error("m")), .end(.cancelled),
            .unknown(name: "later", data: "x"),
        ] as [JobStreamEvent])
    func events(event: JobStreamEvent) throws {
        #expect(try JobStreamEvent(name: event.name, data: event.data()) == event)
    }

    @Test("Data that does not fit its name is refused, unnamed data that is no marker is passed over")
    func oddEvents() throws {
        #expect(throws: ContractError.self) { try JobStreamEvent(name: "token", data: "plain") }
        #expect(throws: ContractError.self) { try JobStreamEvent(name: "narration", data: "{}") }
        #expect(try JobStreamEvent(name: nil, data: "hello") == .unknown(name: nil, data: "hello"))
        #expect(try JobStreamEvent(name: "message", data: "[DONE]") == .end(.done))
        #expect(try JobStreamEvent(name: "result", data: "[DONE]") == .result("[DONE]"))
        #expect(try JobStreamEvent.reply(CheckReply()) == .result(#"{"status":"ok"}"#))
    }

    @Test("Responses on the wire")
    func wire() throws {
        try checkWire(JobResponse(jobID: "job-1"), #"{"job_id":"job-1","sse_url":"/v1/jobs/job-1/stream"}"#)
        try checkWire(
            JobInfo(jobID: "job-1", operation: "infer", state: .failed(message: "no worker")),
            #"{"error":"no worker","job_id":"job-1","operation":"infer","status":"failed"}"#)
        try checkWire(
            JobInfo(jobID: "job-1", operation: "infer", state: .cancelled), #"{"job_id":"job-1","operation":"infer","status":"cancelled"}"#)
        try checkWire(Narration(actor: "a", action: "b", human: "c"), #"{"action":"b","actor":"a","human":"c"}"#)
    }

    @Test("Ids are UUIDs of version 4, and no two are the same")
    func ids() {
        struct Constant: RandomNumberGenerator {
            let value: UInt64
            mutating func next() -> UInt64 { value }
        }
        var zeros = Constant(value: 0)
        var ones = Constant(value: .max)
        #expect(JobID.new(using: &zeros) == "job-00000000-0000-4000-8000-000000000000")
        #expect(JobID.new(using: &ones) == "job-ffffffff-ffff-4fff-bfff-ffffffffffff")
        let ids = Set((0..<1000).map { _ in JobID.new() })
        #expect(ids.count == 1000)
        #expect(ids.allSatisfy { JobID.isValid($0) && $0.utf8.count == 40 })
        for bad in ["", "job-", "x", "job-../..", "job-A", "job-" + String(repeating: "a", count: 61)] {
            #expect(!JobID.isValid(bad))
        }
    }
}
