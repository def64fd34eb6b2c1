/// Why a binary was not installed or removed. Nothing was changed.
public struct InstallError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// A stable word.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The binary's name is empty or leads elsewhere.
        public static let invalidName = Code("invalid_name")
        /// There is nothing to install.
        public static let sourceMissing = Code("source_missing")
        /// The source is no regular file, or not executable.
        public static let notExecutable = Code("not_executable")
        /// Source and target are one file.
        public static let sameFile = Code("same_file")
        /// What stands at the target must not be replaced.
        public static let targetOccupied = Code("target_occupied")
        /// The directory to install into cannot be used.
        public static let badDirectory = Code("bad_directory")
        /// The binary did not answer `--version` as it must.
        public static let notVerified = Code("not_verified")
        /// A process runs the binary that was to be removed.
        public static let running = Code("running")
        /// A file could not be read or written.
        public static let fileSystem = Code("file_system")
    }

    /// The kind of failure, for programs.
    public let code: Code
    /// What failed and why, for people.
    public let message: String
    /// The file it is about.
    public let path: String?
    /// The process it is about.
    public let pid: Int32?
    /// The error that caused this one.
    public let underlying: (any Error)?

    /// Makes an error.
    public init(_ code: Code, _ message: String, path: String? = nil, pid: Int32? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.pid = pid
        self.underlying = underlying
    }

    /// The message.
    public var description: String { message }
}
