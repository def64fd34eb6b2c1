import Testing

@testable import DaemonLifecycle

struct StopMachineTests {
    @Test func aPoliteDaemonIsAskedOnceAndSurveyedTwice() {
        var machine = StopMachine(ladder: .graceful())
        #expect(machine.handle(.begin(isRunning: true)) == .survey)
        #expect(machine.handle(.surveyed(alive: 1, leaderAlive: true)) == .step(rung: 0))
        #expect(machine.handle(.stepDone) == .wait(rung: 0))
        #expect(machine.handle(.gone) == .survey)
        #expect(machine.handle(.surveyed(alive: 0, leaderAlive: false)) == .finish(.gone))
    }

    @Test func notRunningIsDoneAtOnce() {
        var machine = StopMachine(ladder: .graceful())
        #expect(machine.handle(.begin(isRunning: false)) == .finish(.notRunning))
    }

    @Test func aSurvivorOfItsLeaderIsSignalledNotAsked() {
        var machine = StopMachine(ladder: .graceful())
        _ = machine.handle(.begin(isRunning: true))
        #expect(machine.handle(.surveyed(alive: 1, leaderAlive: false)) == .survey)
        #expect(machine.handle(.surveyed(alive: 1, leaderAlive: false)) == .step(rung: 1))
    }

    @Test func whoeverIgnoresEverythingIsKilled() {
        var machine = StopMachine(ladder: .graceful())
        var action = machine.handle(.begin(isRunning: true))
        var steps: [Int] = []
        while true {
            switch action {
            case .survey: action = machine.handle(.surveyed(alive: 1, leaderAlive: true))
            case .step(let rung):
                steps.append(rung)
                action = machine.handle(.stepDone)
            case .wait: action = machine.handle(.patienceOver)
            case .finish(let result):
                #expect(result == .survivors(1))
                #expect(steps == [0, 1, 2])
                return
            }
        }
    }

    /// Whatever is answered, a stop ends, and never says `gone` unless the last survey saw nobody.
    @Test func everyDialogueEnds() {
        func explore(_ machine: StopMachine, _ action: StopMachine.Action, lastSurvey: Int, length: Int) {
            #expect(length < 80, "a stop without an end")
            guard length < 80 else { return }
            let events: [StopMachine.Event]
            switch action {
            case .survey:
                events = [
                    .surveyed(alive: 0, leaderAlive: false), .surveyed(alive: 1, leaderAlive: false),
                    .surveyed(alive: 2, leaderAlive: true),
                ]
            case .step: events = [.stepDone, .stepRefused("")]
            case .wait: events = [.gone, .patienceOver]
            case .finish(let result):
                if result == .gone { #expect(lastSurvey == 0) }
                #expect(result != .survivors(-1))
                return
            }
            for event in events {
                var next = machine
                var seen = lastSurvey
                if case .surveyed(let alive, _) = event { seen = alive }
                let action = next.handle(event)
                explore(next, action, lastSurvey: seen, length: length + 1)
            }
        }
        for ladder in [StopLadder.graceful(), .signals()] {
            var machine = StopMachine(ladder: ladder)
            let action = machine.handle(.begin(isRunning: true))
            explore(machine, action, lastSurvey: 1, length: 0)
        }
    }

    @Test func theBudgetIsTheSumOfTheRungs() {
        #expect(StopLadder.graceful().budget == .seconds(16))
        #expect(StopLadder.signals().budget == .seconds(5))
    }
}
