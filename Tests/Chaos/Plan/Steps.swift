/// One run of rbee-keeper.
struct CommandStep: Sendable, Hashable {
    /// Milliseconds after the step before it in its lane has ended.
    var pause: Int
    /// The arguments.
    var words: [String]

    var text: String { words.joined(separator: " ") }
}

/// A daemon that library callers of this process look after, in the name of `chaos`.
enum Charge: String, Sendable, Hashable, CaseIterable {
    case queen, hive, context
    /// A worker with the model that is built in.
    case worker
    /// One that takes its time to come up.
    case slow
    /// One that takes its time to go.
    case lingering
    /// One that never comes up.
    case crashing
    /// One that goes by itself as soon as nobody uses it.
    case brief
    /// One that has children everywhere. It lives in the quiet only: who kills it leaves them behind.
    case sprawling
    /// One that takes requests that take a while, in the quiet.
    case patient

    /// Those that are looked after in storms.
    static let stormy = allCases.filter { $0 != .sprawling && $0 != .patient }
}

/// One call of the library.
struct LibraryStep: Sendable, Hashable {
    enum Call: String, Sendable, Hashable {
        case ensure, send, lease, release, stop, restart, find, status, ping
    }

    /// Milliseconds after the step before it in its lane has ended.
    var pause: Int
    var call: Call
    var charge: Charge

    var text: String { "\(call.rawValue) \(charge.rawValue)" }
}
