internal import CHash
internal import CPlatform
internal import Glibc

/// A project's name on disk: derived from the path of its folder without links, so that every way to write that path leads to the same project.
struct ProjectID: Hashable, Sendable, CustomStringConvertible {
    /// The first 32 hexadecimal digits of the path's SHA-256.
    let text: String

    var description: String { text }

    init(of path: ProjectPath) {
        var digest = [UInt8](repeating: 0, count: 32)
        var context = SHA2_CTX()
        SHA256Init(&context)
        SHA256Update(&context, Array(path.text.utf8), path.text.utf8.count)
        SHA256Final(&digest, &context)
        text = digest.prefix(16).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}

/// The folder of a project: absolute, without links, there when it was looked at.
struct ProjectPath: Hashable, Sendable, CustomStringConvertible {
    let text: String

    var description: String { text }

    /// Takes a path that was canonical when it was stored.
    init(stored text: String) { self.text = text }

    /// Follows a client's path. Blocks on slow file systems.
    ///
    /// - Throws: `invalid` for what is not absolute, is not there or is no folder.
    init(resolving path: String) throws(ProjectError) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw ProjectError(.invalidPath, "\(path.prefix(200).debugDescription) is not an absolute path")
        }
        guard let resolved = realpath(path, nil) else {
            throw ProjectError(.invalidPath, "there is no project at \(path.prefix(4096)): \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        var status = stat()
        guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ProjectError(.invalidPath, "\(path.prefix(4096)) is not a folder")
        }
        guard let text = String(validatingCString: resolved) else {
            throw ProjectError(.invalidPath, "the path of the project is not UTF-8")
        }
        self.text = text
    }

    /// Follows a client's path if the kernel has all of it in memory: never blocks.
    ///
    /// - Returns: nil where that cannot be told, also of what is no folder: ``init(resolving:)`` says why.
    init?(cached path: String) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else { return nil }
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer -> String? in
            let length = rbee_cached_folder(path, buffer.baseAddress, buffer.count)
            guard length > 0 else { return nil }
            return String(validating: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length]), as: UTF8.self)
        }
        // What the kernel calls a folder that was removed meanwhile.
        guard let text, !text.hasSuffix(" (deleted)") else { return nil }
        self.text = text
    }

    /// A path that a client wrote, absolute or relative to the project, as relative; nil for what lies outside.
    func relative(_ path: String) -> String? {
        var rest = Substring(path)
        if path.hasPrefix("/") {
            guard path.hasPrefix(text + "/") else { return nil }
            rest = path.dropFirst(text.count + 1)
        }
        var parts: [Substring] = []
        for part in rest.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        return parts.isEmpty || path.utf8.contains(0) ? nil : parts.joined(separator: "/")
    }
}
