internal import ContextContract
internal import EventLoop
internal import Platform

/// One project in memory: its files, what changed of them, and the contexts that were made of them.
///
/// Lives on the daemon's loop; what blocks (scanning, reading, writing) is done elsewhere, and applied when it comes back.
actor Project {
    /// What a project needs of the daemon around it.
    struct Surroundings: Sendable {
        let loop: EventLoop
        var scanner = ProjectScanner()
        /// Makes the watcher; nil where there is to be none.
        var watcher: @Sendable (ProjectPath, EventLoop, @escaping @Sendable (WatchEvent) -> Void) -> (any FileWatcher)? = {
            InotifyWatcher($0, loop: $1, report: $2)
        }
        /// For the log: something that the project could not do.
        var complain: @Sendable (ProjectPath, String) -> Void = { _, _ in }
        var coalescer = ChangeCoalescer()
    }

    nonisolated let path: ProjectPath
    private let folder: ProjectFolder
    private let around: Surroundings
    private(set) var manifest: ProjectManifest
    private(set) var tree: ProjectTree
    private var cache = ContextCache()
    /// Counts the states of the project: a context that was computed for an earlier one is not kept.
    private var generation = 0
    private var coalescer: ChangeCoalescer
    private var timer: EventLoop.Timer?
    private var watcher: (any FileWatcher)?
    /// The scan that is under way; whoever needs one waits for it.
    private var scanning: Task<Result<Void, ProjectError>, Never>?
    private var updating: Task<Void, Never>?
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { around.loop.asUnownedSerialExecutor() }

    init(_ folder: ProjectFolder, manifest: ProjectManifest, files: [SourceFile], around: Surroundings) {
        self.folder = folder
        path = folder.path
        self.manifest = manifest
        self.around = around
        tree = ProjectTree(files, isTruncated: manifest.isTruncated)
        coalescer = around.coalescer
    }

    var summary: ProjectSummary { manifest.summary }

    /// Watches nothing and keeps nothing any more.
    func close() {
        isClosed = true
        timer?.cancel()
        watcher?.stop()
        watcher = nil
        cache.clear()
    }

    /// Forgets the contexts that were computed, for their memory.
    func shrink() { cache.clear() }

    // MARK: Contexts

    /// The context for a prompt; without one, the one that was prepared last.
    ///
    /// - Returns: and whether it was there already.
    func context(_ prompt: String?) async throws(ProjectError) -> (entry: ContextCache.Entry, wasReady: Bool) {
        try await settle()
        if let ready = cache.entry(for: prompt) { return (ready, true) }
        return (try await compute(prompt), false)
    }

    /// Computes a context ahead.
    func prepare(_ prompt: String?) async throws(ProjectError) {
        try await settle()
        if cache.entry(for: prompt) == nil { _ = try await compute(prompt) }
    }

    private func compute(_ prompt: String?) async throws(ProjectError) -> ContextCache.Entry {
        let state = generation
        let collector = ContextCollector(path: path, folder: folder, tree: tree)
        let entry = try await Self.blocking { collector.context(for: prompt) }
        if state == generation, !isClosed { cache.keep(entry, for: prompt) }
        return entry
    }

    // MARK: What changes

    /// Keeps what an agent has learnt; returns once it is on the disk.
    func graft(_ experience: Experience) async throws(ProjectError) {
        let log = folder.experiences
        try await Self.blocking { () throws(ProjectError) in try log.append(experience) }
        changedOtherwise()
    }

    /// A file has changed, somebody says. Looked at once nothing more was said for a while, or when a context is asked for.
    func changed(_ name: String, _ change: FileChange) {
        guard let name = path.relative(name) else { return }
        coalescer.add(name, change, at: MonotonicTime.now)
        arm()
    }

    private func saw(_ event: WatchEvent) {
        switch event {
        case .file(let name, let change): coalescer.add(name, change, at: MonotonicTime.now)
        case .everything: coalescer.addEverything(at: MonotonicTime.now)
        case .limited(let why): around.complain(path, why)
        }
        arm()
    }

    private func arm() {
        guard !isClosed, let due = coalescer.due else { return }
        timer?.cancel()
        let now = MonotonicTime.now
        timer = around.loop.schedule(after: .nanoseconds(Int64(due > now ? due - now : 0))) { [weak self] in
            self?.assumeIsolated { $0.isDue() }
        }
    }

    private func isDue() {
        guard let changes = coalescer.take(at: MonotonicTime.now) else { return arm() }
        update(changes)
    }

    /// Brings the project up to date with what was said to have changed, now.
    private func settle() async throws(ProjectError) {
        if let changes = coalescer.take(at: .max) { update(changes) }
        await updating?.value
        if let scanning { try await scanning.value.get() }
    }

    private func update(_ changes: (paths: [String: FileChange], isEverything: Bool)) {
        let before = updating
        updating = Task(executorPreference: around.loop) {
            await before?.value
            if changes.isEverything { return _ = try? await self.scan() }
            await self.look(at: changes.paths)
        }
    }

    /// Looks at these files, and at no others.
    private func look(at changes: [String: FileChange]) async {
        let (scanner, path) = (around.scanner, path)
        let known = Set(changes.keys.filter { tree[$0] != nil })
        guard let found = try? await Self.blocking({ scanner.look(at: changes, known: known, in: path) }) else { return }
        var hasChanged = false
        for (name, file) in found { hasChanged = tree.update(name, file) || hasChanged }
        guard hasChanged else { return }
        changedOtherwise()
        watcher?.watch(folders)
        await save()
    }

    private func changedOtherwise() {
        generation += 1
        cache.clear()
    }

    /// Scans the whole project. Whoever asks while it is being scanned waits for that.
    func scan() async throws(ProjectError) {
        if let scanning { return try await scanning.value.get() }
        let task = Task(executorPreference: around.loop) { await self.scanned() }
        scanning = task
        let result = await task.value
        scanning = nil
        try result.get()
    }

    private func scanned() async -> Result<Void, ProjectError> {
        let (scanner, path) = (around.scanner, path)
        // Before the scan, so that what changes meanwhile is noticed.
        if watcher == nil, !isClosed { startWatching() }
        watcher?.watch(folders)
        do throws(ProjectError) {
            tree = try await Self.blocking { () throws(ProjectError) in try scanner.scan(path) }
        } catch {
            return .failure(error)
        }
        changedOtherwise()
        watcher?.watch(folders)
        await save()
        return .success(())
    }

    private func startWatching() {
        watcher = around.watcher(path, around.loop) { [weak self] event in
            self?.assumeIsolated { $0.saw(event) }
        }
        if watcher == nil { around.complain(path, "changes cannot be watched: no room for another inotify instance; clients have to tell") }
    }

    /// Every folder that has files, and those above it.
    private var folders: Set<String> {
        var folders: Set<String> = [""]
        for file in tree.files {
            var rest = file.path[...]
            while let slash = rest.lastIndex(of: "/") {
                rest = rest[..<slash]
                guard folders.insert(String(rest)).inserted else { break }
            }
        }
        return folders
    }

    private func save() async {
        manifest.lastScan = WallClock.seconds
        manifest.fileCount = tree.files.count
        manifest.languages = tree.languages
        manifest.isTruncated = tree.isTruncated
        let (folder, manifest, files) = (folder, manifest, tree.files)
        do throws(ProjectError) {
            try await Self.blocking { () throws(ProjectError) in try folder.save(manifest, files) }
        } catch {
            around.complain(path, error.message)
        }
    }

    private static func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ProjectError) -> Value
    ) async throws(ProjectError) -> Value {
        try await Blocking.run(body)
    }
}

/// What blocks, somewhere else than on a loop.
enum Blocking {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws(ProjectError) -> Value) async throws(ProjectError) -> Value {
        do {
            return try await onBlockingThread { () throws -> Value in try body() }
        } catch let error as ProjectError {
            throw error
        } catch {
            throw ProjectError(.storage, String(describing: error), underlying: error)
        }
    }
}
