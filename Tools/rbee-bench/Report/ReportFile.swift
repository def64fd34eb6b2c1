internal import BenchReport
internal import DaemonContract
internal import Platform

/// Reports as files.
enum ReportFile {
    static func read(_ path: String) throws -> BenchReport {
        guard let bytes = try AtomicFile.read(path, limit: 256 << 20) else {
            throw BenchError("\(path) does not exist; write one: rbee-bench all --json \(path)")
        }
        let report: BenchReport
        do {
            report = try ContractJSON.decode(BenchReport.self, from: bytes)
        } catch {
            throw BenchError("\(path) is no report of rbee-bench: \(error)")
        }
        guard report.schema == BenchReport.currentSchema else {
            throw BenchError("\(path) has schema \(report.schema), this program reads \(BenchReport.currentSchema): measure again")
        }
        return report
    }

    static func write(_ report: BenchReport, to path: String) throws {
        try AtomicFile.write(path, try ContractJSON.encode(report.rounded) + [UInt8(ascii: "\n")], mode: 0o644, durable: false)
    }
}
