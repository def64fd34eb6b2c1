@testable import DaemonLifecycle

/// One stop of the world: the product's machine and ladder, and how far its shell is with what it asked for.
struct StopDialogue {
    /// What is under way.
    enum Stage: UInt8 {
        case idle
        /// Finds out whose lock it is.
        case identify
        case survey, step, wait
        /// Takes the lock to remove what is left.
        case lock
        /// Holds the lock and removes it.
        case sweep
    }

    /// The stop as it is now.
    struct Course: Hashable {
        var stage = Stage.idle
        var machine: UInt16 = 0
        var rung: UInt8 = 0
        /// The life that is to be stopped; 0: whichever holds the lock.
        var wanted: UInt8 = 0
        /// The life that was found and is being stopped.
        var target: UInt8 = 0
        /// Removes everything but how the last start failed.
        var keepsEnd = false
    }

    enum Deed: Hashable {
        case survey, step(UInt8), wait(UInt8), gone, notRunning, survivors
    }

    let ladder: StopLadder
    let table = Table<StopMachine, Deed>()
    let first: UInt16

    init(_ ladder: StopLadder) {
        self.ladder = ladder
        first = table.number(of: StopMachine(ladder: ladder))
    }

    func tell(_ event: StopMachine.Event, code: UInt16, to machine: inout UInt16) -> Deed {
        table.advance(&machine, by: code) { machine in
            switch machine.handle(event) {
            case .survey: .survey
            case .step(let rung): .step(UInt8(rung))
            case .wait(let rung): .wait(UInt8(rung))
            case .finish(.gone): .gone
            case .finish(.notRunning): .notRunning
            case .finish(.survivors): .survivors
            }
        }
    }
}
