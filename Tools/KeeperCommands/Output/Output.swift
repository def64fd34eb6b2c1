internal import DaemonContract

/// Everything a command says: results on one stream, narration and errors on the other.
package struct Output: Sendable {
    /// How much is said on standard error.
    package enum Verbosity: Int, Comparable, Sendable {
        case quiet, normal, verbose

        package static func < (one: Verbosity, other: Verbosity) -> Bool { one.rawValue < other.rawValue }
    }

    package let results: any ByteSink
    package let narration: any ByteSink
    package let isJSON: Bool
    package let verbosity: Verbosity
    package let resultStyle: Style
    package let narrationStyle: Style

    package init(
        results: any ByteSink, narration: any ByteSink, isJSON: Bool, verbosity: Verbosity, environment: [String: String],
        refusesColour: Bool
    ) {
        self.results = results
        self.narration = narration
        self.isJSON = isJSON
        self.verbosity = verbosity
        resultStyle = Style(for: results, environment: environment, refused: refusesColour)
        narrationStyle = Style(for: narration, environment: environment, refused: refusesColour)
    }

    /// Prints a result: its JSON with `--json`, otherwise its lines.
    package func result(_ report: some Report) throws {
        if isJSON {
            try results.write(Array((try ContractJSON.encodeText(report) + "\n").utf8))
        } else {
            try print(report.lines(resultStyle))
        }
    }

    /// Prints lines as they are.
    package func print(_ lines: [String]) throws {
        guard !lines.isEmpty else { return }
        try results.write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    /// Prints a piece of text without a line end, such as a token. On a terminal it cannot take control of it.
    package func print(piece text: String) throws {
        guard !text.isEmpty else { return }
        try results.write(Array((results.isTerminal ? SafeText.lines(text) : text).utf8))
    }

    /// Whether narration is wanted: with `--json` only when asked for, since programs read standard error too.
    package var narrates: Bool {
        verbosity > .quiet && (!isJSON || verbosity == .verbose)
    }

    /// Tells what is going on.
    package func note(_ text: String) {
        guard narrates else { return }
        say(SafeText.line(text))
    }

    /// Tells what only someone who looks into a problem wants to know.
    package func detail(_ text: String) {
        guard verbosity == .verbose else { return }
        say(narrationStyle.paint(SafeText.line(text), .faint))
    }

    /// Warns; also with `--quiet`, since it needs attention.
    package func warning(_ text: String) {
        say(narrationStyle.paint("warning:", .warning) + " " + SafeText.line(text))
    }

    /// Reports an error with the command that helps.
    package func error(_ error: KeeperError) {
        if isJSON, let text = try? ContractJSON.encodeText(error.wire) {
            say(text)
            return
        }
        say(narrationStyle.paint("error:", .bad) + " " + SafeText.lines(error.message))
        for command in error.next { say("  try: \(SafeText.line(command))") }
    }

    /// Nobody reads standard error any more: no reason to stop.
    private func say(_ text: String) {
        try? narration.write(Array((text + "\n").utf8))
    }
}
