import Configuration
import Testing

@Suite("YAML")
struct YAMLParserTests {
    /// A tree without its places.
    indirect enum Plain: Hashable, ExpressibleByStringLiteral {
        case text(String)
        case list([Plain])
        case map([[String]: Plain])

        init(stringLiteral value: String) { self = .text(value) }

        init(_ node: YAMLNode) {
            switch node.content {
            case .scalar(let text, _): self = .text(text)
            case .sequence(let elements): self = .list(elements.map(Plain.init))
            case .mapping(let members):
                self = .map(Dictionary(members.map { ([$0.name], Plain($0.value)) }, uniquingKeysWith: { first, _ in first }))
            }
        }
    }

    @Test(
        "What is read",
        arguments: [
            ("a: 1", .map([["a"]: "1"])), ("a:\n  b: x\n  c: [1, 2]\n", .map([["a"]: .map([["b"]: "x", ["c"]: .list(["1", "2"])])])),
            ("- a\n- b: c\n", .list(["a", .map([["b"]: "c"])])), ("\"q: #\"", "q: #"),
            ("a: |\n  one\n  two\n", .map([["a"]: "one\ntwo\n"])),
            ("\u{FEFF}a: ü✓🐝\nb: c", .map([["a"]: "ü✓🐝", ["b"]: "c"])), ("{a: {}, b: []}", .map([["a"]: .map([:]), ["b"]: .list([])])),
            ("a: 'it''s'\n# comment\n", .map([["a"]: "it's"])), ("a:\nb: ~", .map([["a"]: "", ["b"]: "~"])),
            ("---\na: 1\n...\n", .map([["a"]: "1"])),
            ("a: 1\r\nb: 2\r\n", .map([["a"]: "1", ["b"]: "2"])),
        ] as [(String, Plain)])
    func trees(text: String, expected: Plain) throws {
        #expect(try YAMLParser.parse(text: text).map(Plain.init) == expected)
    }

    @Test("A document of nothing", arguments: ["", "\n\n", "# only a comment\n", "---\n", "\u{FEFF}"])
    func empty(text: String) throws {
        #expect(try YAMLParser.parse(text: text) == nil)
    }

    @Test("Lines and places")
    func places() throws {
        let text = "# ü\na: 1 # c\nb:\n  - x\n\n  - y\n\n# end\nc: {d: e}\n"
        let scalars = Array(text.unicodeScalars)
        let root = try #require(try YAMLParser.parse(text: text))
        guard case .mapping(let members) = root.content else {
            Issue.record("no mapping")
            return
        }
        #expect(members.map(\.key.line) == [2, 3, 9])
        func source(_ node: YAMLNode) -> String { String(String.UnicodeScalarView(scalars[node.start..<node.end])) }
        #expect(source(members[0].value) == "1")
        #expect(source(members[1].value) == "- x\n\n  - y")
        #expect(source(members[2].value) == "{d: e}")
        #expect(members[2].value.isFlow && !members[1].value.isFlow)
    }

    @Test("Quoted nothing is text")
    func null() throws {
        let root = try #require(try YAMLParser.parse(text: "[~, null, '', \"null\", x]"))
        guard case .sequence(let elements) = root.content else { return }
        #expect(elements.map(\.isNull) == [true, true, false, false, false])
    }

    @Test(
        "What is refused, with its line",
        arguments: [
            ("a: [1, 2", 2), ("a: b: c", 1), ("a: 1\n b: 2", 2), ("a: \"x", 2), ("x: &a 1\ny: *a", 1), ("x: 1\ny: *a", 2),
            ("x: !!str 1", 1),
            ("a: 1\n---\nb: 2\n", 2), ("? [a, b]\n: c", 1), ("a: \t- b\n\t c", 2), ("a: %x\n%", 2),
        ])
    func refused(text: String, line: Int) {
        #expect {
            try YAMLParser.parse(text: text)
        } throws: { error in
            guard let failure = error as? YAMLParser.Failure else { return false }
            return !failure.message.isEmpty && abs(failure.line - line) <= 1
        }
    }

    @Test(
        "Bytes that are no UTF-8 are refused",
        arguments: [[0xFF, 0xFE, 0x61], [0x61, 0x3A, 0x20, 0xC3], [0x61, 0x00], [0x61, 0x3A, 0x20, 0x07]])
    func bytes(bytes: [UInt8]) {
        #expect(throws: YAMLParser.Failure.self) { try YAMLParser.parse(bytes) }
    }

    @Test("Size, depth and number of values are limited")
    func limits() throws {
        var limits = YAMLParser.Limits()
        limits.depth = 3
        #expect(throws: Never.self) { try YAMLParser.parse(text: "[[[x]]]", limits: limits) }
        #expect(throws: YAMLParser.Failure.self) { try YAMLParser.parse(text: "[[[[x]]]]", limits: limits) }
        limits.nodes = 4
        #expect(throws: Never.self) { try YAMLParser.parse(text: "[a, b, c]", limits: limits) }
        #expect(throws: YAMLParser.Failure.self) { try YAMLParser.parse(text: "[a, b, c, d]", limits: limits) }
        limits.bytes = 4
        #expect(throws: YAMLParser.Failure.self) { try YAMLParser.parse(text: "abcde", limits: limits) }
        #expect(throws: YAMLParser.Failure.self) { try YAMLParser.parse(text: String(repeating: "[", count: 100_000)) }
        #expect(throws: YAMLParser.Failure.self) { try YAMLParser.parse(text: String(repeating: "- ", count: 100_000)) }
    }

    @Test("Aliases cannot make much of little")
    func bomb() {
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
        #expect(throws: YAMLParser.Failure.self) { try YAMLParser.parse(text: bomb) }
    }

    @Test(
        "Scalars written are read back as the same text",
        arguments: [
            "", " ", "a", "a b", "~", "null", "yes", "true", "-1", "- a", "a: b", "a #b", "#a", "[a]", "{a}", "it's", "\"q\"", "\\", "a\nb",
            "\t",
            "ü✓🐝", "\u{1}", "\u{85}", "\u{2028}", "\u{FEFF}x", "a:", ":a", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "?",
            "http://x:1/y?z=1",
            "../x", "/a/b", "5m", "1.5", "a,b", "=", "<<", "...", "---",
        ])
    func scalars(text: String) throws {
        let written = YAMLText.scalar(text)
        #expect(try YAMLParser.parse(text: "k: \(written)\n").flatMap(value) == text)
        let list = try YAMLParser.parse(text: "[\(written), \(written)]")
        #expect(list?.scalars == [text, text])
    }

    private func value(_ root: YAMLNode) -> String? {
        guard case .mapping(let members) = root.content, let node = members.first?.value, !node.isNull else { return nil }
        return node.scalar
    }
}
