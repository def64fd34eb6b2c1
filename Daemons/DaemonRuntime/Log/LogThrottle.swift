/// Decides which lines of a log are written: a line repeated at once is counted instead, and so is whatever exceeds the rate.
package struct LogThrottle: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Lines that may come at once.
        package var burst = 1000
        /// Lines a second over time.
        package var perSecond = 200
        /// After so many nanoseconds a repeated line is written again: 10 s.
        package var repeatSpan: UInt64 = 10 * 1_000_000_000

        package init() {}
    }

    /// What to write before the line, and whether to write the line.
    package struct Decision: Hashable, Sendable {
        /// How often the line before this was repeated unwritten.
        package var repeated = 0
        /// How many lines were left out because there were too many.
        package var dropped = 0
        package var writesLine = true
    }

    private let limits: Limits
    private var lastLine: Int?
    private var lastWritten = Monotonic(nanoseconds: 0)
    private var repeated = 0
    private var dropped = 0
    /// Tokens in billionths of a line, so that a rate times nanoseconds needs no division.
    private var tokens: UInt64
    private var refilled: Monotonic

    package init(limits: Limits = Limits(), now: Monotonic) {
        self.limits = limits
        tokens = UInt64(limits.burst) * 1_000_000_000
        refilled = now
    }

    /// A line with this hash wants to be written.
    package mutating func line(_ hash: Int, at now: Monotonic) -> Decision {
        refill(now)
        if hash == lastLine, now.since(lastWritten) < limits.repeatSpan {
            repeated += 1
            return Decision(writesLine: false)
        }
        guard tokens >= 1_000_000_000 else {
            dropped += 1
            return Decision(writesLine: false)
        }
        tokens -= 1_000_000_000
        defer {
            lastLine = hash
            lastWritten = now
            repeated = 0
            dropped = 0
        }
        return Decision(repeated: repeated, dropped: dropped)
    }

    /// Time passed without a line; what was counted for long enough is said.
    package mutating func tick(at now: Monotonic) -> Decision {
        refill(now)
        var decision = Decision(writesLine: false)
        if repeated > 0, now.since(lastWritten) >= limits.repeatSpan {
            decision.repeated = repeated
            repeated = 0
            lastLine = nil
        }
        if dropped > 0, tokens >= 1_000_000_000 {
            decision.dropped = dropped
            dropped = 0
        }
        return decision
    }

    /// The log ends: what was counted and not said yet.
    package mutating func flush() -> Decision {
        defer {
            repeated = 0
            dropped = 0
            lastLine = nil
        }
        return Decision(repeated: repeated, dropped: dropped, writesLine: false)
    }

    private mutating func refill(_ now: Monotonic) {
        let (gained, overflow) = now.since(refilled).multipliedReportingOverflow(by: UInt64(limits.perSecond))
        let full = UInt64(limits.burst) * 1_000_000_000
        tokens = overflow || gained >= full - min(tokens, full) ? full : tokens + gained
        refilled = max(refilled, now)
    }
}
