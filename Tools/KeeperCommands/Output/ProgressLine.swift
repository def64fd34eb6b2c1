/// What a wait looks like: one line that moves on a terminal, plain lines everywhere else. Pure: events in, text out.
package struct ProgressLine: Sendable {
    /// What is to be written to standard error; empty for nothing.
    package typealias Text = String

    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    private static let asciiFrames = ["|", "/", "-", "\\"]

    private let isTerminal: Bool
    private let frames: [String]
    private var step: String?
    private var frame = 0
    private var elapsed: Duration = .zero

    /// - Parameters:
    ///   - isTerminal: whether the line may be redrawn.
    ///   - isUTF8: whether the terminal can show the round spinner.
    package init(isTerminal: Bool, isUTF8: Bool) {
        self.isTerminal = isTerminal
        frames = isUTF8 ? Self.frames : Self.asciiFrames
    }

    /// A new step begins.
    package mutating func began(_ text: String) -> Text {
        let line = SafeText.line(text)
        guard step != line else { return "" }
        step = line
        return isTerminal ? drawn() : line + "\n"
    }

    /// Time passed: the spinner moves. Nothing to do where lines cannot be redrawn.
    package mutating func ticked(elapsed: Duration) -> Text {
        guard isTerminal, step != nil else { return "" }
        frame = (frame + 1) % frames.count
        self.elapsed = elapsed
        return drawn()
    }

    /// Something else is to be said: the line makes room.
    package mutating func cleared() -> Text {
        defer { step = nil }
        return isTerminal && step != nil ? "\r\u{1B}[K" : ""
    }

    /// Long lines are cut by the terminal itself (automatic wrapping is off meanwhile), so that no width need be known.
    private func drawn() -> Text {
        guard let step else { return "" }
        let seconds = elapsed.components.seconds
        let clock = seconds >= 1 ? " (\(seconds) s)" : ""
        return "\r\u{1B}[?7l\(frames[frame]) \(step)\(clock)\u{1B}[K\u{1B}[?7h"
    }
}
