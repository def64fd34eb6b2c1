internal import ContextContract
internal import DaemonContract
internal import Glibc
internal import Platform

/// What agents have learnt about a project: one line of JSON each, only ever appended to. Its calls block.
struct ExperienceLog: Sendable {
    let directory: RunDirectory
    /// From this size the file is set aside under a name with the time, in bytes.
    var rotation = 10 << 20

    private static let name = "experience.jsonl"
    /// How much of the end is read to find the newest, in bytes.
    private static let tail = 256 << 10

    /// Appends one experience, and returns once it is on the disk.
    func append(_ experience: Experience) throws(ProjectError) {
        let line: [UInt8]
        do {
            line = try ContractJSON.encode(experience) + [UInt8(ascii: "\n")]
        } catch {
            throw ProjectError(.storage, "an experience cannot be written: \(error.message)", underlying: error)
        }
        try ProjectStore.storing { () throws(SystemError) in
            let file = try directory.openFile(Self.name, flags: O_RDWR | O_CREAT | O_APPEND)
            let size = try file.identity().size
            // A line that a crash cut short ends here, so that it spoils no other.
            try file.write(size > 0 && lastByte(of: file, size) != UInt8(ascii: "\n") ? [UInt8(ascii: "\n")] + line : line)
            try file.synchronize()
            if size + Int64(line.count) >= rotation { try rotate() }
        }
    }

    /// The newest experiences, newest first. Lines that cannot be read are passed over.
    func newest(_ count: Int) -> [Experience] {
        var found = lines(of: Self.name, count)
        if found.count < count, let before = rotated().last { found += lines(of: before, count - found.count) }
        return found
    }

    private func lines(of name: String, _ count: Int) -> [Experience] {
        guard let file = try? directory.openFile(name, flags: O_RDONLY), let size = try? file.identity().size else { return [] }
        let start = max(0, Int(size) - Self.tail)
        var buffer = [UInt8](repeating: 0, count: Int(size) - start)
        let got = file.use { pread($0, &buffer, buffer.count, off_t(start)) }
        // The first line may have been cut in two.
        let lines = buffer.prefix(max(0, got)).split(separator: UInt8(ascii: "\n")).dropFirst(start > 0 ? 1 : 0)
        var found: [Experience] = []
        for line in lines.reversed() where found.count < count {
            if let experience = try? ContractJSON.decode(Experience.self, from: line) { found.append(experience) }
        }
        return found
    }

    private func lastByte(of file: Descriptor, _ size: Int64) -> UInt8? {
        var byte: UInt8 = 0
        return file.use { pread($0, &byte, 1, off_t(size - 1)) } == 1 ? byte : nil
    }

    private func rotate() throws(SystemError) {
        var now = time(nil), parts = tm()
        gmtime_r(&now, &parts)
        let stamp = Self.digits([
            (Int(parts.tm_year) + 1900, 4), (Int(parts.tm_mon) + 1, 2), (Int(parts.tm_mday), 2), (-1, 0), (Int(parts.tm_hour), 2),
            (Int(parts.tm_min), 2), (Int(parts.tm_sec), 2),
        ])
        for number in 0..<100 {
            let aside = "\(Self.name).\(stamp)" + (number == 0 ? "" : "-\(number)")
            guard try directory.stat(aside) == nil else { continue }
            return try directory.rename(Self.name, to: aside)
        }
    }

    private static func digits(_ parts: [(value: Int, width: Int)]) -> String {
        parts.map { part in
            part.value < 0 ? "_" : String(repeating: "0", count: max(0, part.width - String(part.value).count)) + String(part.value)
        }.joined()
    }

    /// The files that were set aside, oldest first.
    private func rotated() -> [String] {
        ((try? directory.list()) ?? []).filter { $0.hasPrefix("\(Self.name).") }
    }
}
