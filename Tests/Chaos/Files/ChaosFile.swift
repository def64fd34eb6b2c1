import Glibc

/// Files, read and changed as anybody could.
enum ChaosFile {
    /// The content of a file, links not followed; nil when it is absent or cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? all : nil }
            all += buffer[..<count]
        }
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }

    static func text(of path: String) -> String? {
        read(path).map { text($0) }
    }

    /// Writes into the file that is there, or makes one.
    @discardableResult
    static func write(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600, flags: Int32 = O_TRUNC) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, mode)
        guard file >= 0 else { return false }
        defer { close(file) }
        return Glibc.write(file, bytes, bytes.count) == bytes.count
    }

    /// Puts a file in the place of whatever is there.
    @discardableResult
    static func replace(_ path: String, _ bytes: [UInt8]) -> Bool {
        write("\(path).new", bytes) && rename("\(path).new", path) == 0
    }

    static func about(_ path: String) -> stat? {
        var about = stat()
        return lstat(path, &about) == 0 ? about : nil
    }

    static func isKind(_ path: String, _ kind: mode_t) -> Bool {
        about(path).map { $0.st_mode & S_IFMT == kind } ?? false
    }

    /// The names in a folder, sorted; none where there is no folder.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, or a folder with all that is in it.
    static func removeTree(_ path: String) {
        if isKind(path, S_IFDIR) {
            for name in names(in: path) { removeTree("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// Every file beneath a folder, links not followed.
    static func tree(_ path: String) -> [String] {
        names(in: path).flatMap { name in
            let file = "\(path)/\(name)"
            return isKind(file, S_IFDIR) ? tree(file) : [file]
        }
    }
}
