import Glibc
import Platform

/// A home in a folder of its own, which goes with the test.
final class TemporaryHome {
    let root: String
    var home: RbeeHome { RbeeHome(root: root) }

    init() throws {
        var template = Array("/tmp/rbee-keeper-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno: errno, "make a directory") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(root) }

    /// Writes a file beneath the home; the directories on the way are made as ours alone.
    func write(_ path: String, _ text: String, mode: mode_t = 0o600) throws {
        var folder = root
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o700)
        }
        let number = open("\(root)/\(path)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError(errno: errno, "write", path: path) }
        try Descriptor(adopting: number).write(Array(text.utf8))
        chmod("\(root)/\(path)", mode)
    }

    func exists(_ path: String) -> Bool { access("\(root)/\(path)", F_OK) == 0 }

    private static func remove(_ path: String) {
        var about = stat()
        guard lstat(path, &about) == 0 else { return }
        guard about.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) else {
            unlink(path)
            return
        }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        closedir(stream)
        for name in names where name != "." && name != ".." { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
