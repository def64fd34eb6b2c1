/// A job that was accepted: the answer to `POST /v1/jobs`.
public struct JobResponse: Codable, Hashable, Sendable {
    /// The job's id.
    public var jobID: String
    /// The path its events are read from.
    public var sseURL: String

    /// Makes a response with the path that belongs to the id.
    public init(jobID: String) {
        self.jobID = jobID
        self.sseURL = JobPath.stream(jobID)
    }

    private enum CodingKeys: String, CodingKey {
        case jobID = "job_id"
        case sseURL = "sse_url"
    }
}

/// How a job is: the answer to `GET /v1/jobs/{id}`, and to `DELETE`, which cancels it.
public struct JobInfo: Codable, Hashable, Sendable {
    /// The job's id.
    public var jobID: String
    /// The operation it carries out.
    public var operation: String
    /// The word of its state (see ``JobState/word``).
    public var status: String
    /// Why it failed, if it did.
    public var error: String?

    /// Makes an info.
    public init(jobID: String, operation: String, state: JobState) {
        self.jobID = jobID
        self.operation = operation
        status = state.word
        error = state.failure
    }

    private enum CodingKeys: String, CodingKey {
        case operation, status, error
        case jobID = "job_id"
    }
}

/// The ids of jobs: `job-` and a random UUID.
public enum JobID {
    /// A new id, from the system's random numbers.
    public static func new() -> String {
        var generator = SystemRandomNumberGenerator()
        return new(using: &generator)
    }

    /// A new id, from given random numbers.
    public static func new(using generator: inout some RandomNumberGenerator) -> String {
        // Version 4, variant 1 (RFC 9562 §5.4).
        let high = (generator.next() as UInt64) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = (generator.next() as UInt64) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = Array(hex(high) + hex(low))
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
        return "job-" + groups.joined(separator: "-")
    }

    /// Whether a text could be a job's id, so that a path can be refused early.
    public static func isValid(_ text: String) -> Bool {
        let rest = text.utf8.dropFirst(4)
        return text.hasPrefix("job-") && (1...60).contains(rest.count)
            && rest.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The paths of jobs, on a queen and on a hive.
public enum JobPath {
    /// `POST`: makes a job.
    public static let jobs = "/v1/jobs"

    /// `GET`: how a job is; `DELETE`: cancels it.
    public static func job(_ id: String) -> String { "\(jobs)/\(id)" }

    /// `GET`: a job's events.
    public static func stream(_ id: String) -> String { "\(jobs)/\(id)/stream" }
}
