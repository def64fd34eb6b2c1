/// What a process of a home is there for. Victims are chosen by it.
enum Role: String, Sendable, Hashable, CaseIterable {
    case keeper
    case queen
    case hive
    case worker
    case context
    /// A daemon of the tests that is slow to come up, slow to go, or never comes up.
    case oddDaemon = "odd-daemon"
    /// What such a daemon has started and what goes on without it, unless somebody ends it.
    case oddChild = "odd-child"
    case engine
    /// What an engine has started and what has left its session.
    case engineChild = "engine-child"
    case `guard`
    case shepherd
    case launcher
    case bystander
    case unknown

    /// Whether it holds a daemon's lock.
    var isDaemon: Bool {
        switch self {
        case .queen, .hive, .worker, .context, .oddDaemon: true
        case .keeper, .oddChild, .engine, .engineChild, .guard, .shepherd, .launcher, .bystander, .unknown: false
        }
    }

    /// Whether it lives for a moment only: whoever wants to meet one has to lie in wait.
    var isBrief: Bool {
        switch self {
        case .keeper, .shepherd, .launcher: true
        case .queen, .hive, .worker, .context, .oddDaemon, .oddChild, .engine, .engineChild, .guard, .bystander, .unknown: false
        }
    }
}
