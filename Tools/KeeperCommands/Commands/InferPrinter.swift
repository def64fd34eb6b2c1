internal import DaemonContract
internal import OperationContract
internal import Synchronization

/// Prints a completion as it comes.
final class InferPrinter: Sendable {
    private struct Progress {
        /// Whether tokens were printed and the last of them did not end its line.
        var isLineOpen = false
        var hasTokens = false
    }

    /// One line of `infer --json`.
    private struct Line: Encodable {
        let event: String
        var text: String?
        var result: JSONValue?
    }

    private let output: Output
    private let isStreaming: Bool
    private let progress = Mutex(Progress())

    init(output: Output, isStreaming: Bool) {
        self.output = output
        self.isStreaming = isStreaming
    }

    func print(_ event: JobStreamEvent) throws {
        switch event {
        case .token(let token): try self.token(token.text)
        case .narration(let narration): narrate("\(narration.actor): \(narration.human)")
        case .result(let json): try result(json)
        case .end, .unknown: break
        }
    }

    /// Ends the line of tokens.
    func finish() throws {
        let wasOpen = progress.withLock { progress in
            defer { progress.isLineOpen = false }
            return progress.isLineOpen
        }
        if wasOpen { try output.print(piece: "\n") }
    }

    private func token(_ text: String) throws {
        guard isStreaming, !text.isEmpty else { return }
        if output.isJSON {
            try output.print([ContractJSON.encodeText(Line(event: "token", text: text))])
        } else {
            try output.print(piece: text)
            progress.withLock { $0.isLineOpen = !text.hasSuffix("\n") }
        }
        progress.withLock { $0.hasTokens = true }
    }

    private func result(_ json: String) throws {
        let value = try ContractJSON.decode(JSONValue.self, text: json)
        if output.isJSON {
            try output.print([ContractJSON.encodeText(Line(event: "result", result: value))])
            return
        }
        // The text once more would be too much, but a job that streams nothing has only this.
        guard !progress.withLock({ $0.hasTokens }), let text = value["text"]?.stringValue, !text.isEmpty else { return }
        try output.print(piece: text)
        progress.withLock { $0.isLineOpen = !text.hasSuffix("\n") }
    }

    /// On a terminal where tokens and narration meet, narration begins on a line of its own.
    private func narrate(_ text: String) {
        if output.narrates, output.results.isTerminal, output.narration.isTerminal { try? finish() }
        output.note(text)
    }
}
