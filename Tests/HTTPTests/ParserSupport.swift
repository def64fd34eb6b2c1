@testable import HTTP

/// What a parser makes of a whole stream, however it is cut.
struct Parsed: Equatable {
    var messages: [Message] = []
    var error: HTTPSyntaxError?

    struct Message: Equatable {
        var head: HTTPMessageHead
        var body: [UInt8] = []
        var isComplete = false
    }

    /// Feeds `parts` one after the other, and then, if asked to, the end of the stream.
    init(_ parts: [ArraySlice<UInt8>], as kind: HTTPParser.Kind = .request, ends: Bool = false, answersHead: Bool = false) {
        let parser = HTTPParser(kind, headBytes: 4096, headFields: 32)
        parser.answersHead = answersHead
        do {
            for part in parts {
                try feed(part, to: parser)
            }
            if ends, try parser.finish() {
                messages[messages.count - 1].isComplete = true
            }
        } catch let error as HTTPSyntaxError {
            self.error = error
        } catch {}
    }

    private mutating func feed(_ part: ArraySlice<UInt8>, to parser: HTTPParser) throws {
        var rest = part
        while true {
            let (step, used) = try rest.withUnsafeBytes { try parser.step($0) }
            rest = rest.dropFirst(used)
            switch step {
            case .needsMore: return
            case .head(let head): messages.append(Message(head: head))
            case .body(let bytes): messages[messages.count - 1].body += bytes
            case .end: messages[messages.count - 1].isComplete = true
            }
        }
    }

    /// Parses `text` in one piece, byte by byte, and cut in two at every place, and makes sure that all say the same.
    static func everyWay(
        _ text: String, as kind: HTTPParser.Kind = .request, ends: Bool = false, answersHead: Bool = false
    ) -> (Parsed, allTheSame: Bool) {
        let bytes = Array(text.utf8)
        let whole = Parsed([bytes[...]], as: kind, ends: ends, answersHead: answersHead)
        let single = Parsed(bytes.indices.map { bytes[$0...$0] }, as: kind, ends: ends, answersHead: answersHead)
        let halves = bytes.indices.map { Parsed([bytes[..<$0], bytes[$0...]], as: kind, ends: ends, answersHead: answersHead) }
        return (whole, ([single] + halves).allSatisfy { $0.sameOutcome(as: whole) })
    }

    /// The same messages, and an error of the same status: which message it is may depend on how much was seen at once.
    private func sameOutcome(as other: Parsed) -> Bool {
        messages == other.messages && error?.status == other.error?.status
    }
}
