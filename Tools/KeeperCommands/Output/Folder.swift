internal import Glibc
internal import Platform

/// Folders of people's own, outside the run directory.
enum Folder {
    /// Makes a folder and what lacks above it.
    static func make(_ path: String) throws(SystemError) {
        if mkdir(path, 0o755) == 0 { return }
        let number = errno
        if number == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try make(String(path[..<slash]))
            if mkdir(path, 0o755) == 0 { return }
        }
        var status = stat()
        guard number == EEXIST || number == ENOENT, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError(errno: number == EEXIST ? ENOTDIR : number, "make the folder", path: path)
        }
    }
}

/// The program that runs now.
enum RunningProgram {
    /// Its file, links followed; nil when it has been replaced or removed.
    static var path: String? {
        guard let real = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
