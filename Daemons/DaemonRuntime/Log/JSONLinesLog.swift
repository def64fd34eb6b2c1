internal import Glibc
internal import Synchronization

/// A daemon's log: one JSON object a line, in files of bounded size.
///
/// `{"time":"2025-01-02T03:04:05.678Z","level":"info","message":"…","metadata":{…}}`. Sentences are static; what varies is metadata.
/// Lines that repeat or come too fast are counted instead of written. A log that cannot be written costs lines, which it says
/// afterwards, and nothing else. Secrets stay out by key and, for those it was told, by value.
package final class JSONLinesLog: Sendable {
    private struct State: ~Copyable {
        var file: RotatingFile?
        var throttle: LogThrottle
        var level: LogLevel
        var secrets: [String] = []
        var mirrors = false
        /// Lines that could not be written since the last that could.
        var lost = 0
        var retryAt = Monotonic(nanoseconds: 0)
    }

    /// After a failed write, lines are given up for so many nanoseconds before the next try: 1 s.
    private static let pause: UInt64 = 1_000_000_000

    private let state: Mutex<State>

    /// A log without a file yet: what it is told goes to standard error only, if it mirrors.
    package init(level: LogLevel = .info) {
        state = Mutex(State(file: nil, throttle: LogThrottle(now: .now()), level: level))
    }

    /// Begins to write to `directory/name`. Called by the holder of the daemon's lock only.
    package func open(directory: String, name: String) {
        state.withLock { $0.file = RotatingFile(directory: directory, name: name) }
    }

    /// Also writes every line, for people, to standard error.
    package func mirrorToStandardError(_ mirrors: Bool) {
        state.withLock { $0.mirrors = mirrors }
    }

    /// Lines below this level are left out.
    package var level: LogLevel {
        get { state.withLock { $0.level } }
        set { state.withLock { $0.level = newValue } }
    }

    /// From now on this text is replaced wherever it would appear.
    package func conceal(_ secret: String) {
        guard secret.utf8.count >= 8 else { return }
        state.withLock { $0.secrets.append(secret) }
    }

    /// Writes a line, or counts it.
    package func log(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata = [:]) {
        let text = message.description
        state.withLock { state in
            guard level >= state.level else { return }
            let now = Monotonic.now()
            var hasher = Hasher()
            hasher.combine(level)
            hasher.combine(text)
            hasher.combine(metadata)
            let decision = state.throttle.line(hasher.finalize(), at: now)
            Self.say(decision, now, &state)
            if decision.writesLine { Self.write(level, text, metadata, now, &state) }
        }
    }

    /// Says what was counted long enough ago, and looks whether the file was moved away; called about once a second.
    package func tick() {
        state.withLock { state in
            let now = Monotonic.now()
            state.file?.look()
            Self.say(state.throttle.tick(at: now), now, &state)
        }
    }

    /// Says what was counted; called before the process ends.
    package func flush() {
        state.withLock { state in
            state.retryAt = Monotonic(nanoseconds: 0)
            Self.say(state.throttle.flush(), .now(), &state)
        }
    }

    package func debug(_ message: StaticString, _ metadata: LogMetadata = [:]) { log(.debug, message, metadata) }
    package func info(_ message: StaticString, _ metadata: LogMetadata = [:]) { log(.info, message, metadata) }
    package func notice(_ message: StaticString, _ metadata: LogMetadata = [:]) { log(.notice, message, metadata) }
    package func warning(_ message: StaticString, _ metadata: LogMetadata = [:]) { log(.warning, message, metadata) }
    package func error(_ message: StaticString, _ metadata: LogMetadata = [:]) { log(.error, message, metadata) }

    private static func say(_ decision: LogThrottle.Decision, _ now: Monotonic, _ state: inout State) {
        if decision.repeated > 0 {
            write(.notice, "The line before was repeated.", ["times": .number(decision.repeated)], now, &state)
        }
        if decision.dropped > 0 {
            write(.warning, "Too many lines at once, some were left out.", ["lines": .number(decision.dropped)], now, &state)
        }
    }

    private static func write(_ level: LogLevel, _ text: String, _ metadata: LogMetadata, _ now: Monotonic, _ state: inout State) {
        if state.mirrors { writeToStandardError(LogLine.text(level, text, metadata, concealing: state.secrets)) }
        guard state.file != nil else { return }
        guard now >= state.retryAt else {
            state.lost += 1
            return
        }
        var line: [UInt8] = []
        if state.lost > 0 {
            line += LogLine.json(.warning, "The log could not be written for a while.", ["lost_lines": .number(state.lost)])
        }
        line += LogLine.json(level, text, metadata, concealing: state.secrets)
        if let failure = state.file?.append(line), failure != 0 {
            state.lost += 1
            state.retryAt = now.adding(pause)
        } else {
            state.lost = 0
        }
    }

    private static func writeToStandardError(_ line: [UInt8]) {
        // One try: whoever does not read our standard error does not stop us.
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
