import Testing

@testable import Worker

@Suite struct StopMatcherTests {
    /// What comes out, and whether a stop string was found, when the text comes in these pieces.
    private func run(_ pieces: [String], stops: [String]) -> (text: String, stopped: Bool) {
        var matcher = StopMatcher(stops: stops)
        var text = ""
        for piece in pieces {
            text += matcher.push(piece)
            if matcher.isStopped { return (text, true) }
        }
        return (text + matcher.finish(), false)
    }

    /// Every way to cut a text into pieces at its characters.
    private func cuts(of text: String) -> [[String]] {
        let characters = Array(text.unicodeScalars).map { String($0) }
        guard let first = characters.first else { return [[]] }
        return (0..<(1 << (characters.count - 1))).map { mask in
            var pieces = [first]
            for (index, character) in characters.dropFirst().enumerated() {
                if mask & (1 << index) != 0 { pieces.append(character) } else { pieces[pieces.count - 1] += character }
            }
            return pieces
        }
    }

    @Test(arguments: [
        ("abc\n\ndef", ["\n\n"], "abc", true),
        ("aaab", ["aab"], "a", true),
        ("ababac", ["abac"], "ab", true),
        ("hello", ["xyz"], "hello", false),
        ("hello", ["lox"], "hello", false),
        ("hello", ["hello"], "", true),
        ("one two", ["two", "ne"], "o", true),
        ("abcd", ["bcd", "c"], "ab", true),
        ("abcd", ["cd", "bcd"], "a", true),
        ("naïve bee", ["ïve"], "na", true),
        ("èéê", ["é"], "è", true),
        ("日本語", ["本x", "語"], "日本", true),
        ("bee", [], "bee", false),
        ("bee", [""], "bee", false),
    ])
    func theSameOnEverySplit(_ text: String, _ stops: [String], _ expected: String, _ stopped: Bool) {
        for pieces in cuts(of: text) {
            let result = run(pieces, stops: stops)
            #expect(result.text == expected, "pieces \(pieces)")
            #expect(result.stopped == stopped, "pieces \(pieces)")
        }
    }

    @Test func onlyWhatMayBecomeAStopIsHeldBack() {
        var matcher = StopMatcher(stops: ["STOP"])
        #expect(matcher.push("go S") == "go ")
        #expect(matcher.push("T") == "")
        #expect(matcher.push("ART") == "START")
        #expect(matcher.push("STO") == "")
        #expect(matcher.finish() == "STO")
        #expect(matcher.finish() == "")
    }

    @Test func nothingComesAfterAStop() {
        var matcher = StopMatcher(stops: ["."])
        #expect(matcher.push("end. more") == "end")
        #expect(matcher.push("more") == "")
        #expect(matcher.finish() == "")
    }
}
