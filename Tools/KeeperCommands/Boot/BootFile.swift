/// A file that has a service manager start a daemon at boot or login. Its second line or comment holds a checksum of the rest, so that
/// edits by people are told from what an earlier version wrote.
struct BootFile: Hashable, Sendable {
    /// Where it belongs.
    let path: String
    /// All of it, the mark included.
    let text: String

    /// How a file that was found compares with the one that would be written.
    enum Standing: String, Sendable {
        /// There is none.
        case absent
        /// It is what would be written.
        case current
        /// Written by this program for other settings or another version, and not touched since.
        case outdated
        /// Changed by somebody, or never ours.
        case edited
    }

    private static let begin = "rbee-boot checksum "

    /// - Parameters:
    ///   - head: lines before the mark.
    ///   - comment: how the format writes a comment.
    ///   - body: lines after it.
    init(path: String, head: String = "", comment: (String) -> String, body: String) {
        self.path = path
        text = head + comment(Self.begin + Self.checksum(head + body)) + "\n" + body
    }

    /// Compares what stands at the path with this one.
    func standing(of found: String?) -> Standing {
        guard let found else { return .absent }
        if found == text { return .current }
        let lines = found.split(separator: "\n", omittingEmptySubsequences: false)
        guard let index = lines.firstIndex(where: { $0.contains(Self.begin) }), let mark = lines[index].firstRange(of: Self.begin) else {
            return .edited
        }
        let stated = lines[index][mark.upperBound...].prefix { $0.isHexDigit }
        var rest = lines
        rest.remove(at: index)
        return Self.checksum(rest.joined(separator: "\n")) == stated ? .outdated : .edited
    }

    /// FNV-1a of 64 bits: it finds edits, it keeps nobody out.
    private static func checksum(_ text: String) -> String {
        String(text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 16)
    }
}
