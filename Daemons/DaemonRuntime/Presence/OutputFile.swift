internal import Glibc
internal import Platform

/// The file a daemon's standard streams were sent to, kept under a limit.
///
/// What goes there is raw: a crash's last words, a library's complaints. When it grows, the older half goes.
struct OutputFile {
    /// Largest size, in bytes: 1 MiB.
    static let limit: Int64 = 1 << 20

    private let directory: RunDirectory
    private let name: String

    /// The file of that name, if standard output or error goes there.
    ///
    /// Makes the streams append, so that they go on at the end after the file was cut.
    init?(_ name: String, in directory: RunDirectory) {
        guard let found = try? directory.stat(name), found.kind == .regular else { return nil }
        let streams = [STDOUT_FILENO, STDERR_FILENO].filter { number in
            var about = stat()
            return fstat(number, &about) == 0 && UInt64(about.st_dev) == found.device && UInt64(about.st_ino) == found.inode
        }
        guard !streams.isEmpty else { return nil }
        for stream in streams {
            let flags = fcntl(stream, F_GETFL)
            guard flags >= 0, fcntl(stream, F_SETFL, flags | O_APPEND) >= 0 else { return nil }
        }
        self.directory = directory
        self.name = name
    }

    /// Cuts the file if it has grown over the limit. Called about once a second.
    func trim() throws(SystemError) {
        guard let found = try directory.stat(name), found.kind == .regular, found.size > Self.limit else { return }
        let file = try directory.openFile(name, flags: O_RDWR | O_APPEND)
        let kept = Int(Self.limit / 2)
        var tail = [UInt8](repeating: 0, count: kept)
        let count = file.use { pread($0, &tail, kept, off_t(found.size) - off_t(kept)) }
        guard file.use({ ftruncate($0, 0) }) == 0 else { throw SystemError(errno: errno, "cut", path: "\(directory.path)/\(name)") }
        guard count > 0 else { return }
        let lines = tail.prefix(count).drop { $0 != UInt8(ascii: "\n") }.dropFirst()
        try file.write(Array("[older output was cut]\n".utf8) + lines)
    }
}
