internal import Glibc
internal import Platform

/// Small files that the kernel makes up when they are read.
enum KernelFile {
    /// A file's text; nil when it cannot be read, which for most of them means that there is no such device or process.
    static func text(_ path: String, limit: Int = 1 << 20) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while bytes.count < limit {
            let count = read(file, &buffer, buffer.count)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names in a folder, without those that begin with a dot; none when it cannot be read.
    static func entries(_ path: String) -> [String] {
        (DirectoryEntries.names(of: path) ?? []).filter { !$0.hasPrefix(".") }
    }
}
