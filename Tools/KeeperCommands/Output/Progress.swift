internal import Synchronization

/// Shows how a wait goes on, on standard error, and takes its line away at the end.
package final class Progress: Sendable {
    private let sink: any ByteSink
    private let isWanted: Bool
    private let line: Mutex<ProgressLine>

    package init(_ output: Output, environment: [String: String]) {
        sink = output.narration
        isWanted = output.narrates
        let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
        let isUTF8 = locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
        let canRedraw = output.narration.isTerminal && environment["TERM"] != "dumb"
        line = Mutex(ProgressLine(isTerminal: canRedraw, isUTF8: isUTF8))
    }

    /// A new step begins, such as "queen: waiting for an answer".
    package func step(_ text: String) {
        write { $0.began(text) }
    }

    /// Takes the line away, so that something else can be said.
    package func clear() {
        write { $0.cleared() }
    }

    /// Runs the operation with the line moving while it takes; the line is gone afterwards, however it ends.
    package func during<Result: Sendable>(clock: any KeeperClock, _ operation: () async throws -> Result) async throws -> Result {
        let started = clock.now
        let spinner =
            isWanted && sink.isTerminal
            ? Task.detached { [self] in
                while !Task.isCancelled {
                    try await clock.sleep(for: .milliseconds(100))
                    write { $0.ticked(elapsed: clock.now - started) }
                }
            } : nil
        defer {
            spinner?.cancel()
            clear()
        }
        return try await operation()
    }

    /// Written under the lock, so that a late tick cannot draw over what was said after it. Nobody reading is no reason to stop.
    private func write(_ change: (inout ProgressLine) -> ProgressLine.Text) {
        guard isWanted else { return }
        line.withLock { line in
            let text = change(&line)
            if !text.isEmpty { try? sink.write(Array(text.utf8)) }
        }
    }
}
