import DaemonContract
import Testing

/// Checks that a value is written exactly so, and read back as the same.
func checkWire<Value: Codable & Hashable>(_ value: Value, _ json: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try ContractJSON.encodeText(value) == json, sourceLocation: sourceLocation)
    #expect(try ContractJSON.decode(Value.self, text: json) == value, sourceLocation: sourceLocation)
}
