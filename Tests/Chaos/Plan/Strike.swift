/// A blow against processes of the home that the storm is in.
struct Strike: Sendable, Hashable {
    enum Means: Sendable, Hashable {
        case kill
        case terminate
        case interrupt
        /// Stopped by a signal and continued after so many milliseconds.
        case suspend(Int)
    }

    /// Milliseconds after the beginning of the storm.
    var at: Int
    /// One victim of each, all at once; those after the first are taken from the first one's tree where that has one.
    var roles: [Role]
    var means: Means
    /// Which of those there are.
    var pick: Int
}

extension Strike.Means: CustomStringConvertible {
    var description: String {
        switch self {
        case .kill: "SIGKILL"
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        case .suspend(let time): "SIGSTOP for \(time) ms"
        }
    }
}

extension Strike: CustomStringConvertible {
    var description: String { "\(means) to \(roles.map(\.rawValue).joined(separator: " and ")) (\(pick))" }
}
