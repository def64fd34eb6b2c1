@testable import Configuration
import Testing

@Suite("Changing one key in a file's text")
struct ConfigurationEditorTests {
    private func set(_ name: String, _ value: String, in text: String) throws -> String {
        let key = try #require(Settings.key(name))
        return try ConfigurationEditor(text: text, path: "c").setting(key, to: value)
    }

    @Test(
        "What changes, and what stays",
        arguments: [
            // There already.
            ("queen.port: 1\n", "queen.port", "2", "queen.port: 2\n"),
            ("queen:\n  port: 1 # why\n  ttl: 1s\n", "queen.port", "22", "queen:\n  port: 22 # why\n  ttl: 1s\n"),
            ("queen: {port: 1, ttl: 1s}\n", "queen.port", "2", "queen: {port: 2, ttl: 1s}\n"),
            ("queen.port: \"1\"", "queen.port", "2", "queen.port: 2"),
            ("queen.port:\nhive.port: 1\n", "queen.port", "2", "queen.port: 2\nhive.port: 1\n"),
            ("queen.port: # none\n", "queen.port", "2", "queen.port: 2 # none\n"),
            ("queen.port: ~ # none\n", "queen.port", "2", "queen.port: 2 # none\n"),
            ("api_keys: [a, b] # c\nqueen.port: 1\n", "api_keys", "[x]", "api_keys: [x] # c\nqueen.port: 1\n"),
            ("api_keys:\n  - a\n  - b # c\nqueen.port: 1\n", "api_keys", "[x]", "api_keys: [x]\nqueen.port: 1\n"),
            (
                "api_keys: # why\n# more\n- a\n\n# after\nqueen.port: 1\n", "api_keys", "[]",
                "api_keys: [] # why\n# more\n\n# after\nqueen.port: 1\n"
            ),
            ("api_keys: [\n  a,\n  b\n]\n", "api_keys", "[]", "api_keys: []\n"),
            ("worker.model: |\n  x\nqueen.port: 1\n", "worker.model", "y", "worker.model: y\nqueen.port: 1\n"),
            ("worker.model: a\n  b\nqueen.port: 1\n", "worker.model", "y", "worker.model: y\nqueen.port: 1\n"),
            // Not there yet.
            ("", "queen.port", "2", "queen.port: 2\n"), ("# hello\n", "queen.port", "2", "# hello\nqueen.port: 2\n"),
            ("# hello", "queen.port", "2", "# hello\nqueen.port: 2\n"), ("{}\n", "queen.port", "2", "{queen.port: 2}\n"),
            ("{hive.port: 1}\n", "queen.port", "2", "{hive.port: 1, queen.port: 2}\n"),
            ("hive.port: 1", "queen.port", "2", "hive.port: 1\nqueen.port: 2\n"),
            ("hive.port: 1\n# end\n", "queen.port", "2", "hive.port: 1\nqueen.port: 2\n# end\n"),
            (
                "queen:\n    ttl: 1s # c\n\nhive:\n  port: 1\n", "queen.port", "2",
                "queen:\n    ttl: 1s # c\n    port: 2\n\nhive:\n  port: 1\n"
            ),
            ("queen:\nhive.port: 1\n", "queen.port", "2", "queen:\nhive.port: 1\nqueen.port: 2\n"),
            ("queen: {ttl: 1s}\n", "queen.port", "2", "queen: {ttl: 1s}\nqueen.port: 2\n"),
            ("---\nhive.port: 1\n...\n", "queen.port", "2", "---\nhive.port: 1\nqueen.port: 2\n...\n"),
            ("hive.port: 1\r\n# c\r\n", "queen.port", "2", "hive.port: 1\r\nqueen.port: 2\n# c\r\n"),
            ("\u{FEFF}hive.port: 1\n", "queen.port", "2", "\u{FEFF}hive.port: 1\nqueen.port: 2\n"),
            ("# ü✓🐝\nworker.model: ü🐝\nqueen.port: 1\n", "queen.port", "2", "# ü✓🐝\nworker.model: ü🐝\nqueen.port: 2\n"),
            ("models:\n  a:\n    command: [x]\n", "queen.port", "2", "models:\n  a:\n    command: [x]\nqueen.port: 2\n"),
        ])
    func edits(before: String, key: String, value: String, after: String) throws {
        #expect(try set(key, value, in: before) == after)
    }

    @Test("Every key into every kind of file, and back out of it")
    func everyKey() throws {
        let files = [
            "", "# c\n", "queen:\n  port: 1\nhive:\n  port: 2\n", "queen: {port: 1}\nhttp: {}\n", "{}",
            "http:\n  body_bytes: 1MiB # c\n\n# d\n",
            "api_keys:\n- a\n- b\nmodels:\n  x:\n    command:\n    - y\n", "unknown: [1, 2]\nstop:\n", "log:\n  level: info",
            "a.b: c\n\n\n",
            "  queen:\n    ttl: 1s\n  hive.ttl: 2s\n",
        ]
        for file in files {
            var text = file
            for key in Settings.all where key.type != .models && key.type != .processes {
                let value = key.type.isScalar ? YAMLText.scalar(sample(key)) : "[p, q]"
                text = try set(key.name, value, in: text)
                let before = Configuration.load(bytes: Array(file.utf8), path: nil).0
                let (after, problems) = Configuration.load(bytes: Array(text.utf8), path: nil)
                #expect(problems.allSatisfy { $0.kind.isWarning }, "\(key.name) in \(text)")
                #expect(after.entry(key).value == key.type.value(of: key.type.isScalar ? sample(key) : "p,q"))
                #expect(after[Settings.models] == before[Settings.models])
                // Once more changes nothing.
                #expect(try set(key.name, value, in: text) == text)
            }
        }
    }

    private func sample(_ key: ConfigurationKey) -> String {
        switch key.type {
        case .port: "4321"
        case .count: "77"
        case .size(let range): ByteSizeText.format(range.lowerBound * 2)
        case .duration: "7s"
        case .boolean: "false"
        case .path: "~/some: folder"
        case .text: "it's: \"odd\" # text"
        case .choice(let words): words[0]
        case .list, .models, .processes: ""
        }
    }

    @Test("What cannot be changed is left alone", arguments: ["queen: [", "- a\n", "text", "queen: *x\n", "a: 1\n---\nb: 2\n"])
    func refused(text: String) {
        #expect {
            try set("queen.port", "2", in: text)
        } throws: {
            ($0 as? ConfigurationError)?.code == .notEditable && ($0 as? ConfigurationError)?.message.contains("c:") == true
        }
    }
}
