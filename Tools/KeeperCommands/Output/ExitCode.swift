/// How a command ended, as the shell sees it.
package struct ExitCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Done, also when it already was so.
    package static let done = ExitCode(rawValue: 0)
    /// It failed; the error on standard error says what and why.
    package static let failed = ExitCode(rawValue: 1)
    /// The command line itself is wrong; nothing was done.
    package static let usage = ExitCode(rawValue: 2)
    /// The daemon asked about does not run (stopped, stale or failed).
    package static let notRunning = ExitCode(rawValue: 3)
    /// The time that `--timeout` or the default allows ran out.
    package static let timedOut = ExitCode(rawValue: 4)
    /// Another caller did the same thing first and won.
    package static let lostRace = ExitCode(rawValue: 75)
    /// Ctrl-C, or a polite request to end.
    package static let interrupted = ExitCode(rawValue: 130)
    /// Nobody reads standard output any more. The process then ends as `cat` would: by SIGPIPE, without a word.
    package static let outputClosed = ExitCode(rawValue: 141)

    /// What the code means when a command has nothing more particular to say.
    package var meaning: String {
        switch self {
        case .done: "done, also when it already was so"
        case .failed: "failed; the error says what, why and which command helps"
        case .usage: "the command line is wrong; nothing was done"
        case .notRunning: "not running"
        case .timedOut: "timed out"
        case .lostRace: "lost a race against another caller"
        case .interrupted: "interrupted with Ctrl-C"
        default: "exit code \(rawValue)"
        }
    }
}
