internal import BenchReport
internal import DaemonContract
internal import Platform

/// Reports as files.
enum ReportFile {
    static func read(_ path: String) throws -> BenchReport {
        guard let bytes = try AtomicFile.read(path, limit: 256 << 20) else {
            throw BenchError("\(path) does not exist; write one: rbee-bench all --json \(path)")
        }
        do {
            let schema = try ContractJSON.decode(Schema.self, from: bytes).schema
            guard schema == BenchReport.currentSchema else {
                throw BenchError("\(path) has schema \(schema), this program reads \(BenchReport.currentSchema): measure again")
            }
            return try ContractJSON.decode(BenchReport.self, from: bytes)
        } catch let error as ContractError {
            throw BenchError("\(path) is no report of rbee-bench: \(error)")
        }
    }

    /// What says how the rest is to be read.
    private struct Schema: Decodable {
        let schema: Int
    }

    static func write(_ report: BenchReport, to path: String) throws {
        try AtomicFile.write(path, try ContractJSON.encode(report.rounded) + [UInt8(ascii: "\n")], mode: 0o644, durable: false)
    }
}
