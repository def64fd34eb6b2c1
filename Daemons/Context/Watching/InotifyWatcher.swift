internal import ContextContract
internal import EventLoop
internal import Glibc
internal import Platform

/// Watches folders with inotify(7).
actor InotifyWatcher: FileWatcher {
    /// Folders that are watched at most; the kernel has a limit for all of a user's programs, too.
    static let limit = 8_192

    private let project: ProjectPath
    private let loop: EventLoop
    private let descriptor: Descriptor
    private let report: @Sendable (WatchEvent) -> Void
    private var watch: EventLoop.Watch?
    private var folders: [Int32: String] = [:]
    private var numbers: [String: Int32] = [:]
    private var isStopped = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private static let mask = UInt32(
        IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

    /// - Parameter report: called on the loop.
    /// - Returns: nil when the kernel has no room for another watcher.
    init?(_ project: ProjectPath, loop: EventLoop, report: @escaping @Sendable (WatchEvent) -> Void) {
        let number = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard number >= 0 else { return nil }
        self.project = project
        self.loop = loop
        self.report = report
        descriptor = Descriptor(adopting: number)
    }

    nonisolated func watch(_ folders: Set<String>) {
        loop.run { self.assumeIsolated { $0.replace(folders) } }
    }

    nonisolated func stop() {
        loop.run { self.assumeIsolated { $0.end() } }
    }

    private func replace(_ wanted: Set<String>) {
        guard !isStopped else { return }
        if watch == nil {
            watch = loop.watch(descriptor.rawValue, for: .readable) { self.assumeIsolated { $0.readEvents() } }
        }
        for (folder, number) in numbers where !wanted.contains(folder) {
            inotify_rm_watch(descriptor.rawValue, number)
            numbers[folder] = nil
            folders[number] = nil
        }
        for folder in wanted.sorted() where numbers[folder] == nil {
            guard numbers.count < Self.limit else { return report(.limited("only \(Self.limit) folders are watched")) }
            let number = inotify_add_watch(descriptor.rawValue, folder.isEmpty ? project.text : "\(project.text)/\(folder)", Self.mask)
            if number >= 0 {
                numbers[folder] = number
                folders[number] = folder
            } else if errno == ENOSPC || errno == ENOMEM {
                return report(
                    .limited("only \(numbers.count) folders are watched: \(SystemError.text(of: errno)); raise fs.inotify.max_user_watches")
                )
            }
        }
    }

    private func end() {
        isStopped = true
        watch?.cancel()
        watch = nil
        descriptor.close()
    }

    private func readEvents() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor.rawValue, &buffer, buffer.count)
        guard count > 0 else { return }
        buffer.withUnsafeBytes { raw in
            var offset = 0
            while offset + MemoryLayout<inotify_event>.size <= count {
                let event = raw.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                let start = offset + MemoryLayout<inotify_event>.size
                offset = start + Int(event.len)
                guard offset <= count else { return }
                take(event, name: raw[start..<offset].prefix { $0 != 0 })
            }
        }
    }

    private func take(_ event: inotify_event, name bytes: Slice<UnsafeRawBufferPointer>) {
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return report(.everything) }
        guard let folder = folders[event.wd] else { return }
        if event.mask & UInt32(IN_IGNORED) != 0 {
            folders[event.wd] = nil
            numbers[folder] = nil
            return
        }
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty, !Self.isTemporary(name) else { return }
        if event.mask & UInt32(IN_ISDIR) != 0 { return report(.everything) }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        switch event.mask {
        case let mask where mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0: report(.file(path, .deleted))
        case let mask where mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0: report(.file(path, .created))
        default: report(.file(path, .modified))
        }
    }

    /// What editors write while they save.
    private static func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(".#") || name.hasSuffix("~") || name.hasSuffix(".swp") || name.hasSuffix(".swx") || name == "4913"
    }
}
