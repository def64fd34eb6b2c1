/// The paths every daemon answers, over TCP and on its control socket. Each is written here and nowhere else.
public enum DaemonPath {
    /// `GET`: how well it is (``HealthStatus``).
    public static let health = "/health"
    /// `GET`: who it is (``DaemonInfo``).
    public static let info = "/v1/info"
    /// `GET`: what it has done and holds (``DaemonStats``).
    public static let stats = "/v1/stats"
    /// `GET`: the same for Prometheus.
    public static let metrics = "/metrics"
    /// `POST`: counts as use (``PingReply``).
    public static let ping = "/v1/ping"
    /// `POST`: drain and end (``ShutdownRequest``, ``ShutdownReply``).
    public static let shutdown = "/v1/shutdown"
    /// `GET`, `POST`, and below it by id `PUT`, `DELETE`: what keeps it alive (``Lease``).
    public static let leases = "/v1/leases"
    /// `POST`: a lease that lasts as long as the answer is read (``LeaseHoldRequest``); the first line of the answer is the ``Lease``.
    public static let heldLeases = "/v1/leases/held"
    /// `PUT`: how long it stays without being used (``TTLRequest``, ``PingReply``).
    public static let ttl = "/v1/ttl"
}

/// The environment variables a daemon is started with.
public enum DaemonEnvironment {
    /// The folder everything lives under.
    public static let home = "RBEE_HOME"
    /// The nonce of the start.
    public static let nonce = "RBEE_NONCE"
    /// The descriptor of the lock taken for it.
    public static let lockDescriptor = "RBEE_LOCK_FD"
    /// Who owns it.
    public static let owner = "RBEE_OWNER"
    /// Where to say that it is ready.
    public static let notifySocket = "NOTIFY_SOCKET"
}
