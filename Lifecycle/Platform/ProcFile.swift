import CPlatform
import Glibc

/// Files under /proc: their size is not known before they are read.
enum ProcFile {
    /// The content, at most `limit` bytes of it; nil when it cannot be opened or read.
    static func read(_ directory: Int32, _ path: String, limit: Int) -> [UInt8]? {
        var size = min(limit, 4096)
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
                count = rbee_read_file(directory, path, buffer.baseAddress, size)
                initialized = max(count, 0)
            }
            guard count >= 0 else { return nil }
            // A buffer that was filled may not have been long enough.
            if count < size || size == limit { return bytes }
            size = min(limit, size * 16)
        }
    }

    /// The inode of what a link such as `ns/pid` or `exe` leads to.
    static func target(_ directory: Int32, _ path: String) -> FileIdentity? {
        var about = stat()
        return fstatat(directory, path, &about, 0) == 0 ? FileIdentity(about) : nil
    }
}
