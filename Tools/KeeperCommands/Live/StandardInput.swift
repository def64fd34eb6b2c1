internal import Glibc
internal import Platform

/// The process's standard input, for `-`.
struct StandardInput: TextSource {
    /// More is refused, in bytes: what a queen takes at most.
    private static let limit = 16 << 20

    func readToEnd() throws -> String {
        let descriptor = Descriptor(adopting: dup(STDIN_FILENO))
        let bytes: [UInt8]
        do {
            bytes = try descriptor.readToEnd(limit: Self.limit)
        } catch {
            let why = error.number == EFBIG ? "it is longer than \(Self.limit >> 20) MiB" : error.message
            throw KeeperError(.failed, "standard input was not read: \(why)", next: ["rbee-keeper infer --help"], underlying: error)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw KeeperError(.failed, "standard input is no UTF-8 text", next: ["iconv -t utf-8"])
        }
        return text
    }
}
