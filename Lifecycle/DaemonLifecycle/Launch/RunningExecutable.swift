internal import Glibc

/// Where this program is.
enum RunningExecutable {
    /// The directory of the running image; nil where it cannot be seen.
    static var directory: String? {
        guard let path = SymbolicLink.destination(of: "/proc/self/exe") else { return nil }
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}

/// Where links lead.
enum SymbolicLink {
    /// The text of a symbolic link; nil when it is none.
    static func destination(of path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink(path, &buffer, buffer.count)
        guard length > 0 else { return nil }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
