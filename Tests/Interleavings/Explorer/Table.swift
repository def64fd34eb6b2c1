/// A machine of the product as a table that is filled while it is explored: each pair of state and event is asked of the machine itself,
/// once. A world then holds a number for each machine, which makes its states small enough to look at all of them.
final class Table<Machine: Hashable, Action> {
    private var numbers: [Machine: UInt16] = [:]
    private var machines: [Machine] = []
    private var answers: [UInt32: (UInt16, Action)] = [:]

    /// The number of a machine in some state.
    func number(of machine: Machine) -> UInt16 {
        if let number = numbers[machine] { return number }
        let number = UInt16(machines.count)
        numbers[machine] = number
        machines.append(machine)
        return number
    }

    /// The machine of a number.
    func machine(_ number: UInt16) -> Machine { machines[Int(number)] }

    /// How many states of the machine have been met.
    var count: Int { machines.count }

    /// What a machine does with an event.
    ///
    /// - Parameters:
    ///   - event: tells this event from all others.
    ///   - step: performs it on the machine, and gives what it decided.
    func advance(_ number: inout UInt16, by event: UInt16, _ step: (inout Machine) -> Action) -> Action {
        let key = UInt32(number) << 16 | UInt32(event)
        if let (next, action) = answers[key] {
            number = next
            return action
        }
        var machine = machines[Int(number)]
        let action = step(&machine)
        let next = self.number(of: machine)
        answers[key] = (next, action)
        number = next
        return action
    }
}
