import DaemonContract
import Testing

@Suite("Published examples of the contract")
struct ContractCasesTests {
    @Test("There are examples, good and bad")
    func present() {
        #expect(ContractCase.all.count >= 28)
        #expect(ContractCase.all.contains { !$0.valid })
        #expect(ContractCase.all.allSatisfy { $0.valid == ($0.canonical != nil) })
    }

    @Test("Good ones are written as published", arguments: ContractCase.all.filter(\.valid))
    func written(example: ContractCase) throws {
        let canonical = try #require(example.canonical)
        let bytes = try example.reencoded()
        let expected = try ContractJSON.decode(JSONValue.self, text: canonical)
        #expect(try ContractJSON.decode(JSONValue.self, from: bytes) == expected)
        // Byte for byte too, once keys are sorted: no spelling of a number or string may differ.
        #expect(String(decoding: bytes, as: UTF8.self) == sortedKeys(canonical))
    }

    @Test("Bad ones are refused", arguments: ContractCase.all.filter { !$0.valid })
    func refused(example: ContractCase) {
        #expect {
            _ = try example.reencoded()
        } throws: { error in
            error is ContractError
        }
    }

    @Test("Writing is stable: what was written is written again", arguments: ContractCase.all.filter(\.valid))
    func stable(example: ContractCase) throws {
        let once = try example.reencoded()
        let text = String(decoding: once, as: UTF8.self)
        let again = ContractCase(name: example.name, type: example.type, json: text, valid: true, canonical: text)
        #expect(try again.reencoded() == once)
    }

    /// Sorts the members of compact JSON by key without reading any number or string, so that this shares nothing with what it checks.
    private func sortedKeys(_ json: String) -> String {
        var rest = Array(json.unicodeScalars)[...]
        return value(&rest)
    }

    private func value(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
        switch rest.first {
        case "{":
            rest.removeFirst()
            var members: [(key: String, value: String)] = []
            while rest.first != "}" {
                if rest.first == "," { rest.removeFirst() }
                let key = value(&rest)
                rest.removeFirst()
                members.append((key, value(&rest)))
            }
            rest.removeFirst()
            return "{" + members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ",") + "}"
        case "[":
            rest.removeFirst()
            var elements: [String] = []
            while rest.first != "]" {
                if rest.first == "," { rest.removeFirst() }
                elements.append(value(&rest))
            }
            rest.removeFirst()
            return "[" + elements.joined(separator: ",") + "]"
        case "\"":
            var text = "\""
            rest.removeFirst()
            while let scalar = rest.popFirst() {
                text.unicodeScalars.append(scalar)
                if scalar == "\\", let escaped = rest.popFirst() { text.unicodeScalars.append(escaped) }
                if scalar == "\"" { break }
            }
            return text
        default:
            let scalar = rest.prefix { ![",", "}", "]"].contains($0) }
            rest = rest.dropFirst(scalar.count)
            return String(String.UnicodeScalarView(scalar))
        }
    }
}
