import ContextContract
import FoundationEssentials
import Testing

@testable import IPC

/// One message of `Tests/Fixtures/ipc/vectors.json`: a value and its bytes.
struct WireVector: Sendable, CustomTestStringConvertible {
    let name: String
    let isRequest: Bool
    let json: MessageValue
    let map: [UInt8]
    /// The same as lists.
    let arrays: [[UInt8]]

    var testDescription: String { name }

    static let all: [WireVector] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/ipc/vectors.json")
        do {
            let fixture = try JSONText.value(of: [UInt8](Data(contentsOf: file)))
            guard case .array(let vectors)? = fixture["vectors"] else { return [] }
            return try vectors.map { try WireVector($0) }
        } catch {
            Issue.record("the vectors cannot be read: \(error)")
            return []
        }
    }()

    private init(_ value: MessageValue) throws {
        name = try #require(value["name"]?.text)
        isRequest = value["kind"]?.text == "request"
        json = try #require(value["json"])
        map = try #require(value["map_hex"]?.text.flatMap { [UInt8](hex: $0) })
        var lists = [value["array_hex"]].compactMap { $0 }
        if case .array(let others)? = value["also_accept_hex"] { lists += others }
        arrays = lists.compactMap { $0.text.flatMap { [UInt8](hex: $0) } }
    }

    /// Reads a value as the type that the vector is of, and writes it again.
    func rewritten(_ value: MessageValue) throws -> MessageValue {
        isRequest
            ? try ValueEncoder.encode(try ValueDecoder.decode(ContextRequest.self, from: value))
            : try ValueEncoder.encode(try ValueDecoder.decode(ContextResponse.self, from: value))
    }
}

extension MessageValue {
    subscript(key: String) -> MessageValue? {
        guard case .map(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension [UInt8] {
    init?(hex: String) {
        let digits = Array<Character>(hex)
        guard digits.count % 2 == 0 else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(digits[index...index + 1]), radix: 16) else { return nil }
            append(byte)
        }
    }
}
