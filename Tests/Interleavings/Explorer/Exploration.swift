/// Every state that a model can reach, breadth first: what it finds is the shortest way to a broken law.
struct Exploration {
    private(set) var states = 0
    private(set) var transitions = 0
    private(set) var counterexample: Counterexample?

    /// Looks at every reachable state.
    ///
    /// A state without a step that is no end breaks a law, and so does one from which no end can be reached.
    ///
    /// - Parameter limit: more states than this are an error, since an exploration that was cut short has shown nothing.
    init<M: Model>(_ model: M, limit: Int = 3_000_000) {
        var search = Search(model)
        for beginning in model.beginnings where search.index(of: beginning) == nil {
            search.add(beginning, from: nil)
        }
        var next = 0
        while next < search.states.count, search.counterexample == nil {
            search.expand(next)
            next += 1
            if search.states.count > limit {
                search.counterexample = Counterexample(law: "there are more than \(limit) states", trail: [])
            }
        }
        if search.counterexample == nil { search.findStranded() }
        states = search.states.count
        transitions = search.transitions
        counterexample = search.counterexample
    }
}

private struct Search<M: Model> {
    let model: M
    var states: [M.State] = []
    var transitions = 0
    var counterexample: Counterexample?
    private var known: [M.State: Int32] = [:]
    private var parents: [Int32] = []
    /// Which of its parent's steps led to a state.
    private var choices: [UInt8] = []
    private var ends: [Int32] = []
    private var sources: [Int32] = []
    private var targets: [Int32] = []

    init(_ model: M) {
        self.model = model
    }

    func index(of state: M.State) -> Int32? { known[state] }

    @discardableResult
    mutating func add(_ state: M.State, from parent: (Int32, UInt8)?) -> Int32 {
        let index = Int32(states.count)
        known[state] = index
        states.append(state)
        parents.append(parent?.0 ?? -1)
        choices.append(parent?.1 ?? 0)
        return index
    }

    mutating func expand(_ number: Int) {
        let state = states[number]
        let steps = model.steps(from: state)
        if model.isEnd(state) {
            ends.append(Int32(number))
        } else if steps.isEmpty {
            counterexample = Counterexample(law: "nothing can happen any more, and somebody still waits", trail: trail(to: number))
            return
        }
        for choice in steps.indices {
            var next = state
            transitions += 1
            if let law = model.take(steps[choice], in: &next) {
                counterexample = Counterexample(
                    law: law, trail: trail(to: number) + [model.describe(steps[choice], from: state)])
                return
            }
            let target = known[next] ?? add(next, from: (Int32(number), UInt8(choice)))
            sources.append(Int32(number))
            targets.append(target)
        }
    }

    /// Goes back from all ends: what is not met cannot reach any.
    mutating func findStranded() {
        var first = [Int32](repeating: 0, count: states.count + 1)
        for target in targets { first[Int(target) + 1] += 1 }
        for index in states.indices { first[index + 1] += first[index] }
        var filled = first
        var comeFrom = [Int32](repeating: 0, count: sources.count)
        for edge in sources.indices {
            comeFrom[Int(filled[Int(targets[edge])])] = sources[edge]
            filled[Int(targets[edge])] += 1
        }
        var canEnd = [Bool](repeating: false, count: states.count)
        var queue = ends
        for end in ends { canEnd[Int(end)] = true }
        while let index = queue.popLast() {
            for edge in first[Int(index)]..<first[Int(index) + 1] where !canEnd[Int(comeFrom[Int(edge)])] {
                canEnd[Int(comeFrom[Int(edge)])] = true
                queue.append(comeFrom[Int(edge)])
            }
        }
        if let stranded = canEnd.firstIndex(of: false) {
            counterexample = Counterexample(law: "from here no end can be reached: somebody is stranded", trail: trail(to: stranded))
        }
    }

    private func trail(to number: Int) -> [String] {
        var trail: [String] = []
        var index = number
        while parents[index] >= 0 {
            let parent = Int(parents[index])
            let steps = model.steps(from: states[parent])
            trail.append(model.describe(steps[Int(choices[index])], from: states[parent]))
            index = parent
        }
        trail.append("begins: \(states[index])")
        return trail.reversed()
    }
}
