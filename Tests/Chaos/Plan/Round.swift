/// A storm over one home, with the other as its witness, and what is asked of the survivors.
struct Round: Sendable, Hashable {
    /// How a round ends, when the laws have been checked.
    enum Ending: String, Sendable, Hashable, CaseIterable {
        /// The next storm meets what this one left.
        case leave
        /// Everything is asked for again, and must come; a request that a stop meets is finished; what the dead left running is ended.
        case recover
        /// What the keeper owns must go.
        case down
        /// All of it must go, and leave nothing, also a daemon that has children everywhere.
        case shutdown
        /// The same, and all comes up again.
        case shutdownAndUp = "shutdown-and-up"
    }

    let number: Int
    /// The home of the storm, 0 or 1; the other one's daemons are only used.
    let home: Int
    /// So long blows fall and files are damaged, in milliseconds.
    let length: Int
    /// Keepers, one after the other within a lane, the lanes at the same time.
    let lanes: [[CommandStep]]
    /// Library callers, likewise.
    let callers: [[LibraryStep]]
    /// Commands in the other home, where none may fail.
    let witnesses: [CommandStep]
    let strikes: [Strike]
    let damages: [Damage]
    let ruses: [Ruse]
    let latecomers: [Latecomer]
    let ending: Ending

    /// Whether nobody touches a file: then nothing is missing that would have to be made again.
    var sparesFiles: Bool { damages.isEmpty && ruses.isEmpty }
}
