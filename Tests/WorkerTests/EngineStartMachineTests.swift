import Configuration
import DaemonLifecycle
import Testing

@testable import Worker

extension EngineStartMachine.Action {
    /// A name for comparing.
    fileprivate var word: String {
        switch self {
        case .launch: "launch"
        case .probe: "probe"
        case .succeed: "succeed"
        case .killAndLaunch: "again"
        case .fail(let error): "fail \(error.code.name)"
        case .none: "none"
        }
    }

    fileprivate var message: String? {
        guard case .fail(let error) = self else { return nil }
        return error.message
    }
}

@Suite struct EngineStartMachineTests {
    typealias Event = EngineStartMachine.Event

    static let died = EngineExit(end: .exited(3), output: "one\ntwo: no such model\n")
    static let states: [String: [Event]] = [
        "launching": [], "probing": [.launched], "ready": [.launched, .probed(.ready)], "over": [.stopped],
    ]
    static let events: [(String, Event)] = [
        ("launched", .launched), ("launchFailed", .launchFailed(EngineError(.startFailed, "exec"))), ("ready", .probed(.ready)),
        ("silent", .probed(.silent("refused"))), ("notYet", .probed(.notYet(503))), ("stranger", .probed(.stranger("pid 9"))),
        ("ended", .ended(died, portTaken: false)), ("ended, port taken", .ended(died, portTaken: true)), ("budget", .budgetSpent),
        ("stopped", .stopped),
    ]
    /// Every state and every event.
    static let table: [String: [String]] = [
        "launching": [
            "probe", "fail start_failed", "none", "none", "none", "none", "fail start_failed", "again", "fail start_timed_out",
            "fail cancelled",
        ],
        "probing": [
            "none", "none", "succeed", "probe", "probe", "again", "fail start_failed", "again", "fail start_timed_out", "fail cancelled",
        ],
        "ready": ["none", "none", "none", "none", "none", "none", "none", "none", "none", "fail cancelled"],
        "over": Array(repeating: "none", count: 10),
    ]

    private func machine(after events: [Event] = []) -> EngineStartMachine {
        var machine = EngineStartMachine(configuration: EngineConfiguration(name: "llama", engine: .command, command: ["llama"]))
        _ = machine.begin()
        for event in events { _ = machine.handle(event) }
        return machine
    }

    @Test(arguments: ["launching", "probing", "ready", "over"]) func everyEventInEveryState(_ state: String) throws {
        let expected = try #require(Self.table[state])
        for ((name, event), expected) in zip(Self.events, expected) {
            var machine = machine(after: Self.states[state] ?? [])
            #expect(machine.handle(event).word == expected, "\(name) while \(state)")
        }
    }

    @Test func itIsAskedQuicklyAtFirst() {
        var machine = machine()
        guard case .probe(let first) = machine.handle(.launched) else {
            Issue.record("no probe")
            return
        }
        #expect(first == .milliseconds(2))
        var waited = first
        var longest = first
        while waited < .seconds(10) {
            guard case .probe(let delay) = machine.handle(.probed(.notYet(503))) else {
                Issue.record("no probe after \(waited)")
                return
            }
            if waited < .seconds(5) { #expect(delay <= .milliseconds(20)) }
            longest = max(longest, delay)
            waited += delay
        }
        #expect(longest == .milliseconds(250))
    }

    @Test func aTakenPortIsTriedThreeTimes() {
        var machine = machine()
        for launch in 1...3 {
            #expect(machine.handle(.launched).word == "probe")
            let action = machine.handle(.ended(Self.died, portTaken: true))
            #expect(action.word == (launch < 3 ? "again" : "fail start_failed"))
        }
    }

    @Test func errorsSayWhatHappened() throws {
        var dead = machine(after: [.launched])
        let message = try #require(dead.handle(.ended(Self.died, portTaken: false)).message)
        #expect(message.contains("llama") && message.contains("status 3") && message.contains("two: no such model"))

        var slow = machine(after: [.launched, .probed(.notYet(404))])
        let timeout = try #require(slow.handle(.budgetSpent).message)
        #expect(timeout.contains("status 404") && timeout.contains("/health") && timeout.contains("models.llama.start_timeout"))
    }
}
