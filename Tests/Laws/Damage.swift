import DaemonHarness
import Glibc
import Platform

/// What can have happened to a file.
enum Damage: String, CaseIterable, Sendable {
    case empty, half, noText, wrongType, wrongShape, huge, folder, link, pipe

    /// Those after which there still is a file, whose bytes are somebody's data.
    static let ofBytes: [Damage] = [.empty, .half, .noText, .wrongType, .wrongShape, .huge]

    /// The bytes of a file that was `whole`; nil where none is left.
    func bytes(_ whole: [UInt8]) -> [UInt8]? {
        switch self {
        case .empty: []
        case .half: Array(whole.prefix(whole.count / 2))
        case .noText: [0xFF, 0xFE, 0x00, 0xC3, 0x28] + whole
        case .wrongType: Array("[1, 2.5e999, null]".utf8)
        case .wrongShape: Array(#"{"kind": 7, "nonce": {"deep": [[[[]]]]}, "pid": "four", "owner": null}"#.utf8)
        case .huge: [UInt8](repeating: UInt8(ascii: "x"), count: 5 << 20)
        case .folder, .link, .pipe: nil
        }
    }

    /// Does it to a file of a home.
    func apply(_ name: String, in home: TestHome, whole: [UInt8]) throws {
        let path = "\(home.path)/\(name)"
        unlink(path)
        switch self {
        case .folder: guard mkdir(path, 0o700) == 0 else { throw SystemError(errno: errno, "make", path: path) }
        case .link: guard symlink("/etc/hostname", path) == 0 else { throw SystemError(errno: errno, "link", path: path) }
        case .pipe: guard mkfifo(path, 0o600) == 0 else { throw SystemError(errno: errno, "make", path: path) }
        default: try AtomicFile.write(path, bytes(whole) ?? [], mode: 0o600, durable: false)
        }
    }
}

/// Bytes with something random done to them: cut, flipped, doubled, mixed up.
func mutated(_ whole: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = whole
    for _ in 0...Int(random.next() % 3) {
        guard !bytes.isEmpty else { return bytes }
        let at = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 7 {
        case 0: bytes.removeLast(bytes.count - at)
        case 1: bytes[at] ^= 1 << UInt8(random.next() % 8)
        case 2: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 3: bytes.remove(at: at)
        case 4: bytes.insert(contentsOf: bytes[at...].prefix(40), at: at)
        case 5: bytes.insert(random.pick(Array("\"{}[]:,\\-0e\n\u{0}".utf8)), at: at)
        default: bytes.replaceSubrange(at..<min(at + 8, bytes.count), with: Array("99999999999999999999".utf8))
        }
    }
    return bytes
}
