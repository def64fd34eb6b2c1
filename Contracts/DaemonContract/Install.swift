/// Asks that a daemon's binary be installed.
public struct InstallConfig: Codable, Hashable, Sendable {
    /// The binary's name (`rbee-hive`).
    public var binaryName: String
    /// The binary to install; without it, the one beside the running program or just built is looked for.
    public var binaryPath: String?
    /// The directory to install into; without it, the user's own.
    public var targetPath: String?
    /// The job whose stream hears about it.
    public var jobID: String?

    /// Makes a configuration.
    public init(binaryName: String, binaryPath: String? = nil, targetPath: String? = nil, jobID: String? = nil) {
        self.binaryName = binaryName
        self.binaryPath = binaryPath
        self.targetPath = targetPath
        self.jobID = jobID
    }

    private enum CodingKeys: String, CodingKey {
        case binaryName = "binary_name"
        case binaryPath = "binary_path"
        case targetPath = "target_path"
        case jobID = "job_id"
    }
}

/// What installing did.
public struct InstallResult: Codable, Hashable, Sendable {
    /// The installed binary.
    public var binaryPath: String
    /// When it was installed: whole seconds since 1970-01-01 00:00 UTC.
    public var installTime: UInt64
    /// Whether the binary came from a build directory; absent where the installer did not say.
    public var foundInTarget: Bool?

    /// Makes a result; the time is in whole seconds since 1970-01-01 00:00 UTC.
    public init(binaryPath: String, installTime: UInt64, foundInTarget: Bool? = nil) {
        self.binaryPath = binaryPath
        self.installTime = installTime
        self.foundInTarget = foundInTarget
    }

    private enum CodingKeys: String, CodingKey {
        case binaryPath = "binary_path"
        case installTime = "install_time"
        case foundInTarget = "found_in_target"
    }
}

/// Asks that a daemon's binary be removed.
public struct UninstallConfig: Codable, Hashable, Sendable {
    /// The seconds a health check may take when the configuration names none.
    public static let defaultHealthTimeoutSecs: UInt64 = 2

    /// The daemon's name.
    public var daemonName: String
    /// The installed binary.
    public var installPath: String
    /// Where to ask whether the daemon still runs: a base or a full URL (see ``HealthURL``).
    public var healthURL: String?
    /// How long that question may take, in seconds; ``defaultHealthTimeoutSecs`` when absent.
    public var healthTimeoutSecs: UInt64?
    /// The job whose stream hears about it.
    public var jobID: String?

    /// Makes a configuration.
    public init(
        daemonName: String, installPath: String, healthURL: String? = nil, healthTimeoutSecs: UInt64? = nil, jobID: String? = nil
    ) {
        self.daemonName = daemonName
        self.installPath = installPath
        self.healthURL = healthURL
        self.healthTimeoutSecs = healthTimeoutSecs
        self.jobID = jobID
    }

    private enum CodingKeys: String, CodingKey {
        case daemonName = "daemon_name"
        case installPath = "install_path"
        case healthURL = "health_url"
        case healthTimeoutSecs = "health_timeout_secs"
        case jobID = "job_id"
    }
}
