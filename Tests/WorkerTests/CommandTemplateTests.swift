import Testing

@testable import Worker

@Suite struct CommandTemplateTests {
    let template = CommandTemplate(values: ["PORT": "20001", "MODEL": "a ${PORT} $ b"])

    @Test(arguments: [
        ("", ""), ("--port", "--port"), ("${PORT}", "20001"), ("--port=${PORT},${PORT}!", "--port=20001,20001!"), ("$PORT", "$PORT"),
        ("cost: 5$", "cost: 5$"), ("$${PORT}", "${PORT}"), ("$$${PORT}", "$${PORT}"), ("${MODEL}", "a ${PORT} $ b"), ("{}", "{}"),
        ("$}", "$}"),
    ])
    func namesAreReplacedOnce(_ text: String, _ expected: String) throws {
        #expect(try template.expand(text) == expected)
    }

    @Test(arguments: ["${NOPE}", "${PORT", "${", "${}", "${port}"]) func whatIsNotKnownIsAnErrorThatSaysWhatIs(_ text: String) {
        let error = #expect(throws: EngineError.self) { try template.expand(text) }
        #expect(error?.code == .misconfigured)
        #expect(error?.message.contains(text) == true)
    }
}
