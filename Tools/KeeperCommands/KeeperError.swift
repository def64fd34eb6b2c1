/// What went wrong in the keeper: said to people, with the command that helps, and with an exit code for programs.
package struct KeeperError: Error, Sendable {
    /// What kind of failure it is; grows without breaking anybody.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        package static let usage = Code(rawValue: "usage")
        package static let failed = Code(rawValue: "failed")
        package static let notRunning = Code(rawValue: "not_running")
        package static let timedOut = Code(rawValue: "timed_out")
        package static let lostRace = Code(rawValue: "lost_race")
        package static let interrupted = Code(rawValue: "interrupted")
        package static let configuration = Code(rawValue: "configuration")
        package static let output = Code(rawValue: "output")
        package static let draining = Code(rawValue: "draining")
        package static let jobFailed = Code(rawValue: "job_failed")
        package static let jobCancelled = Code(rawValue: "job_cancelled")
    }

    package let code: Code
    /// What failed and why.
    package let message: String
    /// Commands that help, best first.
    package let next: [String]
    package let exit: ExitCode
    package let underlying: (any Error)?

    package init(_ code: Code, _ message: String, next: [String] = [], exit: ExitCode = .failed, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.next = next
        self.exit = exit
        self.underlying = underlying
    }

    /// Its shape with `--json`: `{"error":{"code","message","next"}}`.
    struct Wire: Encodable {
        struct Body: Encodable {
            let code: String
            let message: String
            let next: [String]
        }

        let error: Body
    }

    /// Whether the daemon is gone or going, and so has not begun what it was asked for.
    var isOfOneThatGoes: Bool { code == .notRunning || code == .draining }

    var wire: Wire {
        Wire(error: .init(code: code.rawValue, message: message, next: next))
    }
}
