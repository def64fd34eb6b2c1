/// A small world whose every interleaving is looked at: what may happen in it, and what must hold.
///
/// States are compact values; whatever is configured, and the tables of the machines, belong to the model and not to the state.
protocol Model {
    associatedtype State: Hashable
    associatedtype Step

    /// Where it may begin.
    var beginnings: [State] { get }

    /// What may happen next. None at all in a state that is no end means that somebody is stranded.
    func steps(from state: State) -> [Step]

    /// Does a step.
    ///
    /// - Returns: the law that the step has broken, if it has.
    func take(_ step: Step, in state: inout State) -> String?

    /// Whether nobody is owed anything any more.
    func isEnd(_ state: State) -> Bool

    /// A step in words, for the trail of a counterexample.
    func describe(_ step: Step, from state: State) -> String
}

/// How a law was broken: the shortest way there, step by step.
struct Counterexample: CustomStringConvertible {
    let law: String
    let trail: [String]

    var description: String {
        "\(law)\n" + trail.enumerated().map { "  \($0 + 1). \($1)" }.joined(separator: "\n")
    }
}
