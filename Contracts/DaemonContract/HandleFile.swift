/// A handle kept on disk beside the identity it stands for: `run/handles/<kind>-<instance>.<owner>.json`.
///
/// Written before a launch as an intent, which holds the nonce to be, and completed after it.
public struct HandleFile: Codable, Hashable, Sendable {
    /// A file on disk, or the image a process runs, whatever its path.
    public struct Executable: Codable, Hashable, Sendable {
        /// The device number.
        public var device: UInt64
        /// The inode.
        public var inode: UInt64

        /// Makes an identity of an executable.
        public init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }
    }

    /// Which process the handle stands for. Only the nonce is known before it exists.
    public struct Identity: Codable, Hashable, Sendable {
        /// The 128 random bits drawn for the start, as 32 lowercase hex digits.
        public var nonce: String
        /// The process id.
        public var pid: Int32?
        /// When the process started, in clock ticks since boot.
        public var startTicks: UInt64?
        /// The boot it belongs to.
        public var bootID: String?
        /// The inode of its pid namespace.
        public var pidNamespace: UInt64?
        /// The image it runs.
        public var executable: Executable?

        /// Makes an identity.
        public init(
            nonce: String, pid: Int32? = nil, startTicks: UInt64? = nil, bootID: String? = nil, pidNamespace: UInt64? = nil,
            executable: Executable? = nil
        ) {
            self.nonce = nonce
            self.pid = pid
            self.startTicks = startTicks
            self.bootID = bootID
            self.pidNamespace = pidNamespace
            self.executable = executable
        }

        private enum CodingKeys: String, CodingKey {
            case nonce, pid, executable
            case startTicks = "start_ticks"
            case bootID = "boot_id"
            case pidNamespace = "pid_ns"
        }
    }

    /// The handle; absent while the file is an intent.
    public var handle: DaemonHandle?
    /// Which process it stands for.
    public var identity: Identity
    /// What kind of daemon it is.
    public var kind: DaemonKind
    /// Which one of its kind.
    public var instance: String
    /// Who owns the daemon.
    public var owner: String
    /// Whether the launch it tells of is not yet known to have succeeded.
    public var intent: Bool
    /// When the file was first written: whole seconds since 1970-01-01 00:00 UTC.
    public var createdAt: UInt64

    /// Makes a file's content.
    public init(
        handle: DaemonHandle? = nil, identity: Identity, kind: DaemonKind, instance: String, owner: String, intent: Bool, createdAt: UInt64
    ) {
        self.handle = handle
        self.identity = identity
        self.kind = kind
        self.instance = instance
        self.owner = owner
        self.intent = intent
        self.createdAt = createdAt
    }

    private enum CodingKeys: String, CodingKey {
        case handle, identity, kind, instance, owner, intent
        case createdAt = "created_at"
    }
}
