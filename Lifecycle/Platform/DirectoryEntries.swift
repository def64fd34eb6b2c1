import CPlatform
import Glibc

/// The names in a directory.
package enum DirectoryEntries {
    /// All names but "." and "..", without those that are not UTF-8; nil when the folder cannot be read.
    package static func names(of path: String) -> [String]? {
        let number = rbee_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0)
        return number < 0 ? nil : names(takingOver: number)
    }

    /// All names but "." and "..", without those that are not UTF-8; nil when reading fails, with errno. Closes the descriptor.
    static func names(takingOver number: Int32) -> [String]? {
        guard let stream = fdopendir(number) else {
            let failure = errno
            _ = close(number)
            errno = failure
            return nil
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
                    String(validatingCString: $0)
                }
            }
            if let name, name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        return errno == 0 ? names : nil
    }
}
