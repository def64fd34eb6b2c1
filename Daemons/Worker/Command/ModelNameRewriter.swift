/// Gives the answers of an engine the name of the model that was asked for, whatever the engine calls it (often a path).
///
/// Works on a body in pieces: on the lines of server-sent events one by one, on a JSON answer as a whole. Everything else passes as
/// it is.
struct ModelNameRewriter {
    /// A line or answer longer than this passes unchanged, so that no engine can make us hold more.
    private static let mostHeld = 4 << 20

    /// How the body is cut.
    enum Form {
        /// `data: {…}` lines.
        case events
        /// One JSON object.
        case object
    }

    private let form: Form
    private let name: String
    private var held: [UInt8] = []
    private var overflowed = false

    init(form: Form, name: String) {
        self.form = form
        self.name = name
    }

    /// Takes a piece of the body and gives what can go out.
    mutating func push(_ bytes: [UInt8]) -> [UInt8] {
        if overflowed, form == .object { return bytes }
        var result: [UInt8] = []
        held += bytes
        if form == .events {
            while let end = held.firstIndex(of: 0x0A) {
                let line = Array(held[...end])
                held.removeFirst(end + 1)
                // The end of a line whose beginning has gone out already is no line of its own.
                result += overflowed ? line : rewritten(line)
                overflowed = false
            }
        }
        if held.count > Self.mostHeld {
            result += held
            held = []
            overflowed = true
        }
        return result
    }

    /// What is left at the end of the body.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return overflowed ? held : rewritten(held)
    }

    private func rewritten(_ text: [UInt8]) -> [UInt8] {
        switch form {
        case .object:
            return JSONModelName.replace(in: text, with: name)
        case .events:
            guard text.starts(with: "data:".utf8) else { return text }
            return Array("data:".utf8) + JSONModelName.replace(in: Array(text.dropFirst(5)), with: name)
        }
    }
}
