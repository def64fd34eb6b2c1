package import DaemonContract

/// Every key there is.
package enum Settings {
    private static let anyDuration: ClosedRange<Duration> = .zero ... .seconds(3650 * 86_400)
    private static let wait: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400)
    private static let loopback = "127.0.0.1"
    private static let levels = ["trace", "debug", "info", "notice", "warning", "error"]

    /// The address the queen listens on.
    package static let queenHost = Setting("queen.host", .text, loopback, "address the queen listens on")
    /// The queen's TCP port.
    package static let queenPort = Setting("queen.port", .port, 7833, "TCP port of the queen; 0 lets the kernel pick one")
    /// How long an unused queen stays.
    package static let queenTTL = Setting("queen.ttl", .duration(anyDuration), Duration.zero, "how long an unused queen stays; 0 for ever")
    /// Whether the queen starts the hive of its machine.
    package static let queenAutostartHive = Setting(
        "queen.autostart_hive", .boolean, true, "whether the queen starts and supervises the hive of its machine")
    /// Whether the queen has a worker started for a model that has none.
    package static let queenAutostartWorker = Setting(
        "queen.autostart_worker", .boolean, true, "whether the queen asks its hive for a worker when a model has none")
    /// The address the hive listens on.
    package static let hiveHost = Setting("hive.host", .text, loopback, "address the hive listens on")
    /// The hive's TCP port.
    package static let hivePort = Setting("hive.port", .port, 7835, "TCP port of the hive; 0 lets the kernel pick one")
    /// How long an unused hive stays.
    package static let hiveTTL = Setting("hive.ttl", .duration(anyDuration), Duration.zero, "how long an unused hive stays; 0 for ever")
    /// The address workers listen on.
    package static let workerHost = Setting("worker.host", .text, loopback, "address workers listen on")
    /// How long an unused worker stays.
    package static let workerTTL = Setting(
        "worker.ttl", .duration(anyDuration), Duration.seconds(300), "how long an unused worker stays; 0 for ever")
    /// The model served when none is named.
    package static let workerModel = Setting("worker.model", .text, "builtin", "model that is started and asked when none is named")

    /// How long an unused context daemon stays.
    package static let contextTTL = Setting(
        "context.ttl", .duration(anyDuration), Duration.zero, "how long an unused context daemon stays; 0 for ever")
    /// Where the context daemon keeps what it remembers.
    package static let contextDataDirectory = Setting(
        "context.data_dir", .path, String?.none, "folder in which the context daemon remembers projects")
    /// The most projects in the context daemon's memory.
    package static let contextMaxProjects = Setting(
        "context.max_projects", .count(1...10_000), 3, "most projects the context daemon keeps in memory")
    /// The memory the context daemon may use.
    package static let contextMaxMemory = Setting(
        "context.max_memory", .size((16 << 20)...(1 << 40)), 100 << 20, "memory from 70 % of which the context daemon drops projects")
    /// How long a message to the context daemon may take to arrive.
    package static let contextMessageTimeout = Setting(
        "context.message_timeout", .duration(wait), Duration.milliseconds(100),
        "how long a message to the context daemon may take from its first byte to its last")

    /// How long a daemon may take until it is ready.
    package static let startTimeout = Setting(
        "start.timeout", .duration(wait), Duration.seconds(30), "how long a daemon may take until it is ready")
    /// How long a daemon may drain.
    package static let stopGrace = Setting(
        "stop.grace", .duration(.zero ... .seconds(3600)), Duration.seconds(10),
        "how long a daemon may finish what is in flight when stopped")
    /// How long a daemon may take to end after SIGTERM.
    package static let stopTerm = Setting(
        "stop.term", .duration(.zero ... .seconds(3600)), Duration.seconds(3),
        "how long a daemon may take to end after SIGTERM, before SIGKILL")

    /// How often heartbeats are sent.
    package static let heartbeatInterval = Setting(
        "heartbeat.interval", .duration(wait), Duration.seconds(30), "how often heartbeats are sent")
    /// When a sender counts as gone.
    package static let heartbeatTimeout = Setting(
        "heartbeat.timeout", .duration(wait), Duration.seconds(90), "how long after its last heartbeat a worker or hive counts as gone")

    /// The least important lines that are logged.
    package static let logLevel = Setting("log.level", .choice(levels), "info", "least important lines that are logged")

    /// The longest head of a request.
    package static let httpHeadBytes = Setting("http.head_bytes", .size(1024...(1 << 20)), 64 << 10, "longest head of a request")
    /// How long a head may take to arrive.
    package static let httpHeadTimeout = Setting(
        "http.head_timeout", .duration(wait), Duration.seconds(10), "how long the head of a request may take to arrive")
    /// The longest body of a request.
    package static let httpBodyBytes = Setting("http.body_bytes", .size(1024...(1 << 32)), 16 << 20, "longest body of a request")
    /// How long a connection may be idle.
    package static let httpIdleTimeout = Setting(
        "http.idle_timeout", .duration(wait), Duration.seconds(75), "how long a connection may stay open without a request")
    /// The most connections at a time.
    package static let httpConnections = Setting("http.connections", .count(1...1_000_000), 10_000, "most connections at a time")
    /// Names requests may be addressed to, besides the loopback's own.
    package static let httpHosts = Setting("http.hosts", .list, [String](), "host names requests may be addressed to, besides localhost")
    /// Web origins requests may come from.
    package static let httpOrigins = Setting("http.origins", .list, [String](), "web origins requests may come from, besides localhost")

    /// The keys OpenAI paths ask for.
    package static let apiKeys = Setting("api_keys", .list, [String](), "keys that OpenAI paths ask for; without any, none is needed")
    /// Where the binaries are.
    package static let binDirectory = Setting("bin_dir", .text, String?.none, "directory the daemons' binaries are looked for in first")
    /// The models that can be served.
    package static let models = Setting("models", .models, ModelTable.builtin, "models that can be served, and their engines")
    /// The plain programs that are kept running.
    package static let processes = Setting("processes", .processes, ProcessConfigurations.empty, "programs that the hive keeps running")

    /// All keys, in the order they are shown.
    package static let all: [ConfigurationKey] = [
        queenHost.key, queenPort.key, queenTTL.key, queenAutostartHive.key, queenAutostartWorker.key, hiveHost.key, hivePort.key,
        hiveTTL.key,
        workerHost.key, workerTTL.key, workerModel.key, contextTTL.key, contextDataDirectory.key, contextMaxProjects.key,
        contextMaxMemory.key,
        contextMessageTimeout.key, startTimeout.key, stopGrace.key, stopTerm.key, heartbeatInterval.key,
        heartbeatTimeout.key, logLevel.key, httpHeadBytes.key, httpHeadTimeout.key, httpBodyBytes.key, httpIdleTimeout.key,
        httpConnections.key, httpHosts.key, httpOrigins.key, apiKeys.key, binDirectory.key, models.key, processes.key,
    ]

    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The names keys begin with (`queen`, `http`), and the keys themselves, for suggestions.
    package static let words =
        all.map(\.name) + Set(all.compactMap { $0.name.split(separator: ".").dropLast().first.map(String.init) }).sorted()

    /// The key of a name, or nil if there is none.
    package static func key(_ name: String) -> ConfigurationKey? {
        byName[name]
    }

    /// The port a kind of daemon is configured to listen on; nil for one whose port the kernel picks.
    package static func port(of kind: DaemonKind) -> Setting<Int>? {
        switch kind {
        case .queen: queenPort
        case .hive: hivePort
        default: nil
        }
    }

    /// The address a kind of daemon listens on.
    package static func host(of kind: DaemonKind) -> Setting<String>? {
        switch kind {
        case .queen: queenHost
        case .hive: hiveHost
        case .worker: workerHost
        default: nil
        }
    }

    /// How long a kind of daemon stays unused.
    package static func ttl(of kind: DaemonKind) -> Setting<Duration>? {
        switch kind {
        case .queen: queenTTL
        case .hive: hiveTTL
        case .worker: workerTTL
        case .context: contextTTL
        default: nil
        }
    }
}
