internal import ContextContract

/// Collects changes of files until none has come for a while, each path once. Pure: it is told the time.
struct ChangeCoalescer: Sendable {
    /// How long nothing must have come, in nanoseconds.
    let quiet: UInt64
    /// How long the first change waits at most, in nanoseconds, though more keep coming.
    let longest: UInt64
    /// More paths than these are not told apart: everything is looked at again.
    static let limit = 4_096

    private(set) var paths: [String: FileChange] = [:]
    /// Whether so much has changed that everything has to be looked at.
    private(set) var isEverything = false
    private var first: UInt64?
    private var last: UInt64 = 0

    init(quiet: UInt64 = 500_000_000, longest: UInt64 = 5_000_000_000) {
        self.quiet = quiet
        self.longest = longest
    }

    /// A file has changed. That it was deleted wins over what else is said of it, until it is created again.
    mutating func add(_ path: String, _ change: FileChange, at now: UInt64) {
        note(now)
        guard paths.count < Self.limit || paths[path] != nil else {
            isEverything = true
            return
        }
        if paths[path] == .deleted, change == .modified { return }
        paths[path] = change
    }

    /// Anything may have changed.
    mutating func addEverything(at now: UInt64) {
        note(now)
        isEverything = true
    }

    /// When what was collected is due; nil while nothing was.
    var due: UInt64? {
        first.map { min(last + quiet, $0 + longest) }
    }

    /// Hands over what was collected if it is due.
    mutating func take(at now: UInt64) -> (paths: [String: FileChange], isEverything: Bool)? {
        guard let due, due <= now else { return nil }
        defer { self = ChangeCoalescer(quiet: quiet, longest: longest) }
        return (paths, isEverything)
    }

    private mutating func note(_ now: UInt64) {
        first = first ?? now
        last = now
    }
}
