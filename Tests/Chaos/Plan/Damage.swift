/// What is done to a file of the home that the storm is in.
///
/// What it may lawfully come to, beyond a command that fails with a documented code and says why:
///
/// - **A record, a note of an end, a handle, the token**: whatever happens to them, no daemon is lost. A living daemon writes its record
///   and the token again within a second; a handle that cannot be read is set aside by the next command.
/// - **The content of a lock file**: its holder writes its line again within a second. Until then it can neither be used nor stopped,
///   which those who ask are told.
/// - **A lock file that is removed or replaced**: until its holder's next look, a second when it runs, another process can take the lock of
///   the new file. Then there are two for as long as the first takes to see it and to drain, longer while it is suspended. So law 1 is
///   excused for that daemon until the storm is over, and judged then.
/// - **A socket that is removed**: it is made again within a second. Where another listens in its place the daemon drains and leaves, and
///   the next command starts another.
/// - **A folder, a link or a file in the place of a lock or a socket**: a living daemon sets aside what stands in its lock's place. What stands in
///   a socket's place, or in a dead daemon's lock's place, belongs to whoever put it there: it is an error that names it, and it is
///   taken away when the storm is over.
/// - **The nonce of a worker that was killed together with its engine's guard**: nothing else tells whose the processes are that the engine has
///   started. They are ended when the storm is over.
/// - **What is known of a project**: a manifest that cannot be read is an error that names it, and is moved away, as that error says, when the
///   storm is over.
/// - **The lock of an engine, the folder of a kind**: as a lock file that is removed.
struct Damage: Sendable, Hashable {
    enum Target: String, Sendable, Hashable, CaseIterable {
        case record, lock, socket, lastEnd = "last-end", handle, token
        case engineLock = "engine-lock"
        /// The socket for framed requests of the context daemon.
        case requestSocket = "request-socket"
        /// What the context daemon keeps of a project.
        case manifest
        /// `run/<kind>` with all that is in it.
        case folder
        /// A daemon that never was: lock line and record of one name a bystander.
        case ghost
    }

    enum Manner: String, Sendable, Hashable, CaseIterable {
        case empty, truncate, garble, delete
        /// A folder in its place.
        case folder
        /// A link to a file that is none of rbee's business in its place.
        case link
        /// A file in its place.
        case file
        /// Well formed, and naming a bystander; with a nonce of its own.
        case forge
        /// The same with the living daemon's nonce.
        case forgeWithNonce = "forge-with-nonce"
        /// A socket that nobody serves any more.
        case staleSocket = "stale-socket"
        /// A socket that somebody else listens on and never answers.
        case foreignSocket = "foreign-socket"
    }

    /// Milliseconds after the beginning of the storm.
    var at: Int
    var target: Target
    var manner: Manner
    /// Which of the files there are.
    var pick: Int
    /// What is drawn on the way: which bystander, which bytes.
    var salt: UInt64

    /// The manners that make sense for a target.
    static func manners(of target: Target) -> [Manner] {
        switch target {
        case .record, .lastEnd: [.empty, .truncate, .garble, .delete, .folder, .link, .forge, .forgeWithNonce]
        case .lock: [.empty, .truncate, .garble, .delete, .file, .folder, .link, .forge, .forgeWithNonce]
        case .socket, .requestSocket: [.delete, .file, .staleSocket, .foreignSocket]
        case .handle: [.empty, .truncate, .garble, .delete, .forge, .forgeWithNonce]
        case .token: [.empty, .garble, .delete]
        case .manifest: [.empty, .truncate, .garble, .delete]
        case .engineLock, .folder: [.delete]
        case .ghost: [.forge]
        }
    }

    /// Whether two processes may hold the daemon's lock for a while after it.
    var replacesLock: Bool {
        switch (target, manner) {
        case (.lock, .delete), (.lock, .file), (.lock, .folder), (.lock, .link), (.folder, _): true
        default: false
        }
    }
}

extension Damage: CustomStringConvertible {
    var description: String { "\(manner.rawValue) \(target.rawValue) (\(pick))" }
}
