internal import Glibc

/// A file that is appended to and set aside when it is full: `name`, `name.1`, `name.2`. Belongs to one process, the holder of the lock.
struct RotatingFile: ~Copyable {
    struct Limits: Hashable, Sendable {
        /// Size at which a file is set aside, in bytes: 10 MiB.
        var bytes = 10 << 20
        /// Files kept, with the one written to.
        var files = 3
    }

    private let directory: String
    private let name: String
    /// Both in one, for the look of every second.
    private let path: String
    private let limits: Limits
    private var descriptor: Int32 = -1
    private var size = 0

    init(directory: String, name: String, limits: Limits = Limits()) {
        self.directory = directory
        self.name = name
        path = "\(directory)/\(name)"
        self.limits = limits
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends bytes whole, in one write where the system allows.
    ///
    /// - Returns: 0, or the `errno` of what failed. A part that was written before stays.
    mutating func append(_ bytes: [UInt8]) -> Int32 {
        if descriptor < 0 {
            let failure = open()
            guard failure == 0 else { return failure }
        }
        if size > 0, size + bytes.count > limits.bytes {
            let failure = rotate()
            guard failure == 0 else { return failure }
        }
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset) }
            if written < 0 {
                if errno == EINTR { continue }
                return errno
            }
            offset += written
            size += written
        }
        return 0
    }

    /// Closes the file if its name stands for another or for none, as when somebody rotates logs; the next line opens what stands there.
    mutating func look() {
        guard descriptor >= 0 else { return }
        var (own, named) = (stat(), stat())
        let isNamed = fstat(descriptor, &own) == 0 && lstat(path, &named) == 0
        if !isNamed || own.st_ino != named.st_ino || own.st_dev != named.st_dev { shut() }
    }

    private mutating func shut() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    private mutating func open() -> Int32 {
        let folder = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return errno }
        defer { close(folder) }
        // O_NOFOLLOW: a link planted in the folder must not send the log elsewhere. O_NONBLOCK: nor a pipe make us wait.
        let file = openat(folder, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard file >= 0 else { return errno }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            return EINVAL
        }
        descriptor = file
        size = Int(status.st_size)
        return 0
    }

    private mutating func rotate() -> Int32 {
        let folder = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return errno }
        defer { close(folder) }
        for number in stride(from: limits.files - 1, to: 0, by: -1) {
            let older = number == 1 ? name : "\(name).\(number - 1)"
            guard renameat(folder, older, folder, "\(name).\(number)") == 0 || errno == ENOENT else { return errno }
        }
        shut()
        return open()
    }
}
