import DaemonContract
import FoundationEssentials
import Testing

/// One published example of a contract's JSON: what must be read, what must be refused, and what must be written.
struct ContractCase: Decodable, CustomTestStringConvertible {
    let name: String
    let type: String
    let json: String
    let valid: Bool
    let canonical: String?

    var testDescription: String { "\(type): \(name)" }

    /// The examples of `Tests/Fixtures/contract/cases.json`.
    static let all: [ContractCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/contract/cases.json")
        do {
            return try JSONDecoder().decode([ContractCase].self, from: Data(contentsOf: file))
        } catch {
            Issue.record("the examples cannot be read: \(error)")
            return []
        }
    }()

    /// Reads the example as its type and writes it again.
    func reencoded() throws -> [UInt8] {
        switch type {
        case "DaemonHandle": try reencode(DaemonHandle.self)
        case "StatusRequest": try reencode(StatusRequest.self)
        case "StatusResponse": try reencode(StatusResponse.self)
        case "InstallConfig": try reencode(InstallConfig.self)
        case "InstallResult": try reencode(InstallResult.self)
        case "UninstallConfig": try reencode(UninstallConfig.self)
        case "HttpDaemonConfig": try reencode(HttpDaemonConfig.self)
        case "ShutdownConfig": try reencode(ShutdownConfig.self)
        default: throw UnknownType(name: type)
        }
    }

    struct UnknownType: Error {
        let name: String
    }

    private func reencode<Value: Codable & Hashable>(_ type: Value.Type) throws -> [UInt8] {
        let value = try ContractJSON.decode(type, text: json)
        let bytes = try ContractJSON.encode(value)
        #expect(try ContractJSON.decode(type, from: bytes) == value)
        return bytes
    }
}
