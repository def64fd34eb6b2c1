import CPlatform
import Glibc

/// Which build a program file is: the linker's build id where it has one, else its size and time of change.
package enum BuildIdentifier {
    /// The build of the running image, whatever has come to stand at its path since.
    package static let running: String = of(path: "/proc/self/exe") ?? "unknown"

    /// The build of a file, or nil when it cannot be read.
    package static func of(path: String) -> String? {
        let number = rbee_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0)
        guard number >= 0 else { return nil }
        let file = Descriptor(adopting: number)
        guard let identity = try? file.identity(), identity.kind == .regular else { return nil }
        return ELFNotes(file).buildID.map { Hexadecimal.text(of: $0) } ?? "\(identity.size)-\(identity.modified)"
    }
}

/// The notes in an ELF file of this machine's byte order. Every offset comes from the file and is believed only after a check.
struct ELFNotes {
    private let file: Descriptor

    init(_ file: Descriptor) {
        self.file = file
    }

    /// The content of the note "GNU" of type 3.
    var buildID: [UInt8]? {
        guard let header = bytes(at: 0, count: 64), header.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return nil }
        let isWide = header[4] == 2
        guard isWide || header[4] == 1, header[5] == (UInt16(1).littleEndian == 1 ? 1 : 2) else { return nil }
        let table: UInt64 = isWide ? Self.load(header, 32) : UInt64(Self.load(header, 28) as UInt32)
        let size: UInt16 = Self.load(header, isWide ? 54 : 42)
        let count: UInt16 = Self.load(header, isWide ? 56 : 44)
        guard size >= (isWide ? 56 : 32), count <= 1024 else { return nil }
        for index in 0..<UInt64(count) {
            let (offset, overflow) = table.addingReportingOverflow(index * UInt64(size))
            guard !overflow, let segment = bytes(at: offset, count: Int(size)) else { return nil }
            if let found = buildID(inSegment: segment, isWide: isWide) { return found }
        }
        return nil
    }

    private func buildID(inSegment segment: [UInt8], isWide: Bool) -> [UInt8]? {
        let noteSegment: UInt32 = 4
        guard Self.load(segment, 0) == noteSegment else { return nil }
        let offset: UInt64 = isWide ? Self.load(segment, 8) : UInt64(Self.load(segment, 4) as UInt32)
        let size: UInt64 = isWide ? Self.load(segment, 32) : UInt64(Self.load(segment, 16) as UInt32)
        guard size <= 65536, let notes = bytes(at: offset, count: Int(size)) else { return nil }
        return Self.buildID(inNotes: notes)
    }

    static func buildID(inNotes notes: [UInt8]) -> [UInt8]? {
        func padded(_ length: UInt32) -> Int { (Int(length) + 3) & ~3 }
        var at = 0
        while at + 12 <= notes.count {
            let nameLength: UInt32 = load(notes, at)
            let length: UInt32 = load(notes, at + 4)
            let type: UInt32 = load(notes, at + 8)
            let content = at + 12 + padded(nameLength)
            guard content + Int(length) <= notes.count else { return nil }
            if type == 3, nameLength == 4, notes[(at + 12)..<(at + 16)].elementsEqual("GNU\0".utf8), length > 0 {
                return Array(notes[content..<(content + Int(length))])
            }
            at = content + padded(length)
        }
        return nil
    }

    private func bytes(at offset: UInt64, count: Int) -> [UInt8]? {
        guard let offset = off_t(exactly: offset) else { return nil }
        var buffer = [UInt8](repeating: 0, count: count)
        let length = file.use { pread($0, &buffer, count, offset) }
        return length == count ? buffer : nil
    }

    /// A number in this machine's byte order; zero beyond the end.
    private static func load<Value: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int) -> Value {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= bytes.count else { return 0 }
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }
}
