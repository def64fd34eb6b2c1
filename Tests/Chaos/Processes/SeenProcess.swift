/// A living process of one of the homes, as one look at /proc showed it.
struct SeenProcess: Sendable, Hashable {
    let pid: Int32
    let parent: Int32
    let startTicks: UInt64
    /// An ASCII letter: R S D T t.
    let state: UInt8
    let role: Role
    /// The home it was started for, 0 or 1.
    let home: Int
    /// The daemon it is, as `kind/instance`; nil for what is none.
    let daemon: String?
    /// The nonce that it was started with.
    let nonce: String?
    /// Whether it was started with its daemon's lock in its hands.
    let hasInheritedLock: Bool
    let command: String

    var isSuspended: Bool { state == UInt8(ascii: "T") || state == UInt8(ascii: "t") }

    /// The same process whatever it does meanwhile.
    var key: Key { Key(pid: pid, startTicks: startTicks) }

    struct Key: Sendable, Hashable {
        let pid: Int32
        let startTicks: UInt64
    }
}

extension SeenProcess: CustomStringConvertible {
    var description: String {
        "\(pid) \(role.rawValue)\(daemon.map { " \($0)" } ?? "")\(isSuspended ? ", suspended" : "") (\(command.prefix(120)))"
    }
}
