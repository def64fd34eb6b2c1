/// Why a daemon could not be started, found, asked or stopped.
///
/// The message is for people: it says what failed, why, and the command that helps.
public struct LifecycleError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// An argument, name or path that cannot be used.
        public static let invalidArgument = Code("invalid_argument")
        /// The daemon is not running, and starting it was not asked for.
        public static let notRunning = Code("not_running")
        /// No binary of that name in any of the places where binaries are looked for.
        public static let binaryNotFound = Code("binary_not_found")
        /// The launcher could not start the program.
        public static let launchFailed = Code("launch_failed")
        /// The program ended before it was ready.
        public static let startFailed = Code("start_failed")
        /// The daemon was not ready, or not gone, within its budget.
        public static let timedOut = Code("timed_out")
        /// The daemon holds its lock and does not answer: it is busy, stopped by a signal, or hung.
        public static let silent = Code("silent")
        /// Something that is not this daemon answers in its place.
        public static let foreign = Code("foreign")
        /// The request did not reach the daemon, or its answer did not arrive.
        public static let unreachable = Code("unreachable")
        /// The daemon answered with an error.
        public static let refused = Code("refused")
        /// Processes live after the last rung of the stop ladder.
        public static let survivors = Code("survivors")
        /// A process may not be signalled: its identity does not match, or it lives in another pid namespace.
        public static let identityMismatch = Code("identity_mismatch")
        /// The daemon belongs to somebody else.
        public static let notOwner = Code("not_owner")
        /// A file could not be read or written.
        public static let fileSystem = Code("file_system")
        /// No descriptor, thread or memory is left for it.
        public static let noResources = Code("no_resources")
        /// The caller was cancelled; a daemon that was started stays.
        public static let cancelled = Code("cancelled")
        /// A defect of the lifecycle itself.
        public static let inconsistent = Code("inconsistent")
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, why, and the next command, in one or two sentences.
    public let message: String
    /// The daemon it is about, as `kind/instance`.
    public var daemon: String?
    /// The process it is about.
    public var pid: Int32?
    /// The file it is about.
    public var path: String?
    /// How the program ended, when it did.
    public var end: ProcessEnd?
    /// The last of what the program printed.
    public var output: String?
    /// What it was caused by.
    public var underlying: (any Error)?

    public init(
        _ code: Code, _ message: String, daemon: String? = nil, pid: Int32? = nil, path: String? = nil, end: ProcessEnd? = nil,
        output: String? = nil, underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.daemon = daemon
        self.pid = pid
        self.path = path
        self.end = end
        self.output = output
        self.underlying = underlying
    }

    public var description: String { message }
}
