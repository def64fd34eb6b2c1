import CPlatform
import Glibc

/// Files under /proc: their size is not known before they are read.
enum ProcFile {
    /// The content, at most `limit` bytes of it; nil when it cannot be opened or read.
    static func read(_ directory: Int32, _ path: String, limit: Int) -> [UInt8]? {
        let number = rbee_openat(directory, path, O_RDONLY, 0)
        guard number >= 0 else { return nil }
        let file = Descriptor(adopting: number)
        var all: [UInt8] = []
        while all.count < limit {
            guard let part = try? file.read(upTo: min(limit - all.count, 65536)) else { return nil }
            if part.isEmpty { break }
            all += part
        }
        return all
    }

    /// The inode of what a link such as `ns/pid` or `exe` leads to.
    static func target(_ directory: Int32, _ path: String) -> FileIdentity? {
        var about = stat()
        return fstatat(directory, path, &about, 0) == 0 ? FileIdentity(about) : nil
    }
}
