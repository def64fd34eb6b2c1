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

    @Test func theBudgetIsTheSumOfTheRungs() {
        #expect(StopLadder.graceful().budget == .seconds(16))
        #expect(StopLadder.signals().budget == .seconds(5))
    }
}
