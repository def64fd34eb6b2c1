/// A claim that keeps a daemon alive: the answer to taking or renewing one.
public struct Lease: Codable, Hashable, Sendable {
    /// Names the lease in `/v1/leases/{id}`.
    public var id: String
    /// Who took it.
    public var holder: String
    /// How long it lasts from being taken or renewed, in seconds; 0 for one that hangs on a connection.
    public var durationSecs: Double
    /// How much of that is left, in seconds; 0 for one that hangs on a connection.
    public var expiresInSecs: Double
    /// Whether it hangs on a connection: it lasts until that is closed, by whoever took it or by the kernel when they die.
    public var held: Bool?

    /// Makes a lease.
    public init(id: String, holder: String, durationSecs: Double, expiresInSecs: Double, held: Bool? = nil) {
        self.id = id
        self.holder = holder
        self.durationSecs = durationSecs
        self.expiresInSecs = expiresInSecs
        self.held = held
    }

    private enum CodingKeys: String, CodingKey {
        case id, holder, held
        case durationSecs = "duration_secs"
        case expiresInSecs = "expires_in_secs"
    }
}

/// Takes a lease: the body of `POST /v1/leases`.
public struct LeaseRequest: Codable, Hashable, Sendable {
    /// Who takes it, for people who ask what keeps the daemon.
    public var holder: String
    /// How long it shall last, in seconds.
    public var durationSecs: Double

    /// Makes a request.
    public init(holder: String, durationSecs: Double) {
        self.holder = holder
        self.durationSecs = durationSecs
    }

    /// The duration asked for.
    ///
    /// - Throws: `invalidValue` when it is not more than 0 and at most ``WireSeconds/longest``.
    public func duration() throws(ContractError) -> Duration {
        try LeaseRequest.duration(durationSecs)
    }

    fileprivate static func duration(_ seconds: Double) throws(ContractError) -> Duration {
        guard seconds > 0, let duration = WireSeconds.duration(seconds) else {
            throw ContractError(
                .invalidValue, "\(seconds) is no duration of a lease: expected more than 0 and at most \(WireSeconds.longest) seconds",
                path: "duration_secs")
        }
        return duration
    }

    private enum CodingKeys: String, CodingKey {
        case holder
        case durationSecs = "duration_secs"
    }
}

/// Renews a lease: the body of `PUT /v1/leases/{id}`.
public struct LeaseRenewal: Codable, Hashable, Sendable {
    /// How long it shall last from now, in seconds; as long as before when absent.
    public var durationSecs: Double?

    /// Makes a renewal.
    public init(durationSecs: Double? = nil) {
        self.durationSecs = durationSecs
    }

    /// The duration asked for, or nil when it stays as it was.
    ///
    /// - Throws: `invalidValue` when it is not more than 0 and at most ``WireSeconds/longest``.
    public func duration() throws(ContractError) -> Duration? {
        guard let durationSecs else { return nil }
        return try LeaseRequest.duration(durationSecs)
    }

    private enum CodingKeys: String, CodingKey {
        case durationSecs = "duration_secs"
    }
}

/// Takes a lease that hangs on the connection: the body of `POST /v1/leases/held`.
///
/// The answer goes on for as long as the lease is held: first the ``Lease`` as one line of JSON, then empty lines now and then.
public struct LeaseHoldRequest: Codable, Hashable, Sendable {
    /// Who takes it, for people who ask what keeps the daemon.
    public var holder: String

    /// Makes a request.
    public init(holder: String) {
        self.holder = holder
    }
}

/// Sets how long a daemon stays without being used: the body of `PUT /v1/ttl`.
public struct TTLRequest: Codable, Hashable, Sendable {
    /// Seconds; 0 means for ever.
    public var ttlSecs: Double

    /// Makes a request.
    public init(ttlSecs: Double) {
        self.ttlSecs = ttlSecs
    }

    /// The time asked for.
    ///
    /// - Throws: `invalidValue` when it is negative or more than ``WireSeconds/longest``.
    public func ttl() throws(ContractError) -> Duration {
        guard let ttl = WireSeconds.duration(ttlSecs) else {
            throw ContractError(
                .invalidValue, "\(ttlSecs) is no time to live: expected 0 to \(WireSeconds.longest) seconds", path: "ttl_secs")
        }
        return ttl
    }

    private enum CodingKeys: String, CodingKey {
        case ttlSecs = "ttl_secs"
    }
}

/// The leases that keep a daemon now: the answer of `GET /v1/leases`.
public struct LeaseList: Codable, Hashable, Sendable {
    /// The leases, oldest first.
    public var leases: [Lease]

    /// Makes a list.
    public init(leases: [Lease]) {
        self.leases = leases
    }
}

/// The answer to `POST /v1/ping`, which counts as use.
public struct PingReply: Codable, Hashable, Sendable {
    /// `ok`.
    public var status: String
    /// How long the daemon now stays without further use, in seconds; absent when it stays for ever.
    public var ttlRemainingSecs: Double?

    /// Makes a reply.
    public init(status: String = "ok", ttlRemainingSecs: Double? = nil) {
        self.status = status
        self.ttlRemainingSecs = ttlRemainingSecs
    }

    private enum CodingKeys: String, CodingKey {
        case status
        case ttlRemainingSecs = "ttl_remaining_secs"
    }
}

/// Seconds on the wire, which may have a fraction, to and from durations.
public enum WireSeconds {
    /// The longest duration taken from the wire, in seconds: ten years.
    public static let longest: Double = 10 * 365 * 86_400

    /// The duration, or nil if the number is negative, not finite or more than ``longest``.
    public static func duration(_ seconds: Double) -> Duration? {
        guard seconds.isFinite, seconds >= 0, seconds <= longest else { return nil }
        return .seconds(seconds)
    }

    /// The seconds of a duration, to the nanosecond.
    public static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds / 1_000_000_000) / 1_000_000_000
    }
}
