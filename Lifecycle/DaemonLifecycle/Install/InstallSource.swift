internal import Glibc
internal import Platform

/// The binary to install: a regular, executable file, held open so that it is the one that was checked.
struct InstallSource: Sendable {
    let path: String
    let descriptor: Descriptor
    let identity: FileIdentity

    static func open(_ path: String) throws(InstallError) -> InstallSource {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else {
            let failure = errno
            let code: InstallError.Code = failure == ENOENT || failure == ENOTDIR ? .sourceMissing : .fileSystem
            throw InstallError(code, "cannot install \(path): \(SystemError.text(of: failure))", path: path)
        }
        let descriptor = Descriptor(adopting: number)
        let identity: FileIdentity
        do {
            identity = try descriptor.identity()
        } catch {
            throw InstallError(.fileSystem, error.message, path: path, underlying: error)
        }
        guard identity.kind == .regular else {
            throw InstallError(.notExecutable, "cannot install \(path): it is no regular file", path: path)
        }
        guard identity.permissions & 0o111 != 0 else {
            let mode = String(identity.permissions, radix: 8)
            throw InstallError(
                .notExecutable, "cannot install \(path): it is not executable (mode 0\(mode)); run: chmod +x '\(path)'", path: path)
        }
        return InstallSource(path: path, descriptor: descriptor, identity: identity)
    }
}
