import Testing

@testable import Worker

@Suite struct ModelNameTests {
    private func replaced(_ json: String) -> String {
        String(decoding: JSONModelName.replace(in: Array(json.utf8), with: "n\"w"), as: UTF8.self)
    }

    @Test(arguments: [
        (#"{"model":"x"}"#, #"{"model":"n\"w"}"#),
        (#" { "a" : 1e5 , "model" :  "x y" , "b":[1, 2] } "#, #" { "a" : 1e5 , "model" :  "n\"w" , "b":[1, 2] } "#),
        (#"{"a":{"model":"x"},"model":"y"}"#, #"{"a":{"model":"x"},"model":"n\"w"}"#),
        (#"{"a":["model","x"],"b":"model","c":"x"}"#, #"{"a":["model","x"],"b":"model","c":"x"}"#),
        (#"{"a":"\"model\":\"x\"","model":"x\\"}"#, #"{"a":"\"model\":\"x\"","model":"n\"w"}"#),
        (#"{"model":null,"x":"y"}"#, #"{"model":null,"x":"y"}"#),
        (#"{"model":{"a":"b"},"x":"y"}"#, #"{"model":{"a":"b"},"x":"y"}"#),
        (#"{"model":12,"model":"x"}"#, #"{"model":12,"model":"n\"w"}"#),
        (#"["model","x"]"#, #"["model","x"]"#),
        (#"{"model":"x"#, #"{"model":"x"#),
        (#"{"model":"x\"#, #"{"model":"x\"#),
        ("", ""), ("}}}", "}}}"), ("null", "null"),
    ])
    func onlyTheModelAtTheTopIsReplaced(_ json: String, _ expected: String) {
        #expect(replaced(json) == expected)
    }

    @Test func itIsReadAsWritten() {
        #expect(JSONModelName.read(Array(#"{"messages":[{"model":"no"}],"model":"tiny/1"}"#.utf8)) == "tiny/1")
        #expect(JSONModelName.read(Array(#"{"messages":[]}"#.utf8)) == nil)
        #expect(JSONModelName.read(Array(#"{"model":7}"#.utf8)) == nil)
    }

    @Test func eventsAreRewrittenOnEverySplit() {
        let body = Array(
            "data: {\"model\":\"/p/a.gguf\",\"x\":\"é\"}\r\n\r\n: model\ndata:{\"model\":\"b\"}\n\ndata: [DONE]\n\ndata: {\"model\":\"c\"}"
                .utf8)
        let expected =
            "data: {\"model\":\"tiny\",\"x\":\"é\"}\r\n\r\n: model\ndata:{\"model\":\"tiny\"}\n\ndata: [DONE]\n\ndata: {\"model\":\"tiny\"}"
        for first in 0...body.count {
            for second in stride(from: first, through: body.count, by: 3) {
                var rewriter = ModelNameRewriter(form: .events, name: "tiny")
                var out = rewriter.push(Array(body[..<first]))
                out += rewriter.push(Array(body[first..<second]))
                out += rewriter.push(Array(body[second...]))
                out += rewriter.finish()
                #expect(String(decoding: out, as: UTF8.self) == expected)
            }
        }
    }

    @Test func aWholeEventGoesOutAtOnce() {
        var rewriter = ModelNameRewriter(form: .events, name: "tiny")
        #expect(rewriter.push(Array("data: {}\n\nda".utf8)) == Array("data: {}\n\n".utf8))
        #expect(rewriter.push(Array("ta: 1\n".utf8)) == Array("data: 1\n".utf8))
    }

    @Test func anAnswerIsRewrittenAsAWhole() {
        var rewriter = ModelNameRewriter(form: .object, name: "tiny")
        #expect(rewriter.push(Array("{\"mod".utf8)).isEmpty)
        #expect(rewriter.push(Array("el\":\"x\"}\n".utf8)).isEmpty)
        #expect(rewriter.finish() == Array("{\"model\":\"tiny\"}\n".utf8))
    }

    @Test(arguments: [ModelNameRewriter.Form.events, .object]) func whatIsTooLongPassesUnchanged(_ form: ModelNameRewriter.Form) {
        var rewriter = ModelNameRewriter(form: form, name: "tiny")
        let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        var count = 0
        for _ in 0..<6 { count += rewriter.push(piece).count }
        #expect(count > 4 << 20)
        count += rewriter.push(Array("\ndata: {\"model\":\"x\"}\n".utf8)).count
        count += rewriter.finish().count
        #expect(count == 6 << 20 + (form == .events ? 24 : 21))
    }
}
