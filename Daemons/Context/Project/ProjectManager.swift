internal import ContextContract
internal import EventLoop

/// The projects in memory: as many as are allowed, the least recently used going first, fewer when memory runs short.
actor ProjectManager {
    private let store: ProjectStore
    private let around: Project.Surroundings
    private let capacity: Int
    /// Least recently used first.
    private var loaded: [Project] = []
    /// Loads under way; whoever wants the same project waits for the one.
    private var loading: [ProjectPath: Task<Result<Project, ProjectError>, Never>] = [:]
    private(set) var hits: UInt64 = 0
    private(set) var misses: UInt64 = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { around.loop.asUnownedSerialExecutor() }

    /// - Parameter capacity: projects in memory at most; at least one.
    init(store: ProjectStore, capacity: Int, around: Project.Surroundings) {
        self.store = store
        self.capacity = max(1, capacity)
        self.around = around
    }

    /// Projects in memory.
    var count: Int { loaded.count }

    // MARK: What is asked

    /// What is known of the project at a client's path, without loading it; nil when nothing is. A path that leads nowhere is no known project.
    func known(_ cwd: String) async throws(ProjectError) -> ProjectSummary? {
        let store = store
        do throws(ProjectError) {
            return try await Blocking.run { () throws(ProjectError) in try store.summary(of: ProjectPath(resolving: cwd)) }
        } catch {
            if error.code == .invalidPath { return nil }
            throw error
        }
    }

    /// Makes the project at a client's path known and scans it.
    ///
    /// - Parameter inBackground: return before it is scanned.
    /// - Returns: what the scan found; nil in the background.
    func initialize(_ cwd: String, inBackground: Bool) async throws(ProjectError) -> ProjectSummary? {
        let (store, now) = (store, WallClock.seconds)
        let folder = try await Blocking.run { () throws(ProjectError) in try store.create(ProjectPath(resolving: cwd), at: now) }
        let project = adopt(
            Project(folder, manifest: ProjectManifest(projectPath: folder.path.text, createdAt: now), files: [], around: around))
        if inBackground {
            Task(executorPreference: around.loop) { await self.scan(project) }
            return nil
        }
        try await project.scan()
        return await project.summary
    }

    private func scan(_ project: Project) async {
        do throws(ProjectError) {
            try await project.scan()
        } catch {
            around.complain(project.path, error.message)
        }
    }

    func context(_ cwd: String, prompt: String?) async throws(ProjectError) -> ContextCache.Entry {
        let (entry, wasReady) = try await project(cwd).context(prompt)
        if wasReady { hits += 1 } else { misses += 1 }
        return entry
    }

    func prepare(_ cwd: String, prompt: String?) async throws(ProjectError) {
        try await project(cwd).prepare(prompt)
    }

    func changed(_ cwd: String, _ path: String, _ change: FileChange) async throws(ProjectError) {
        await (try await project(cwd)).changed(path, change)
    }

    func graft(_ cwd: String, _ experience: Experience) async throws(ProjectError) {
        try await project(cwd).graft(experience)
    }

    // MARK: What is in memory

    /// The project at a client's path, loaded if need be.
    ///
    /// - Throws: `notInitialized`, `invalidPath`, `corrupt`.
    func project(_ cwd: String) async throws(ProjectError) -> Project {
        let path = try await Self.resolve(cwd)
        if let index = loaded.firstIndex(where: { $0.path == path }) {
            let project = loaded.remove(at: index)
            loaded.append(project)
            return project
        }
        let task = loading[path] ?? Task(executorPreference: around.loop) { await self.loadResult(path) }
        loading[path] = task
        return try await task.value.get()
    }

    /// Follows a client's path, on the loop where that takes no waiting.
    private static func resolve(_ cwd: String) async throws(ProjectError) -> ProjectPath {
        if let path = ProjectPath(cached: cwd) { return path }
        return try await Blocking.run { () throws(ProjectError) in try ProjectPath(resolving: cwd) }
    }

    private func loadResult(_ path: ProjectPath) async -> Result<Project, ProjectError> {
        defer { loading[path] = nil }
        do throws(ProjectError) {
            return .success(try await load(path))
        } catch {
            return .failure(error)
        }
    }

    private func load(_ path: ProjectPath) async throws(ProjectError) -> Project {
        let store = store
        let stored = try await Blocking.run { () throws(ProjectError) -> (ProjectFolder, ProjectManifest, [SourceFile])? in
            guard let folder = try store.folder(of: path), let manifest = try folder.manifest() else { return nil }
            return (folder, manifest, folder.files() ?? [])
        }
        guard let (folder, manifest, files) = stored else {
            throw ProjectError(.notInitialized, "the project \(path) is not initialized; run: rbee-keeper context init \(path)")
        }
        // It may have been initialized meanwhile.
        if let project = loaded.first(where: { $0.path == path }) { return project }
        let project = adopt(Project(folder, manifest: manifest, files: files, around: around))
        // What changed while nobody watched; whoever asks for a context waits for it.
        Task(executorPreference: around.loop) { await self.scan(project) }
        return project
    }

    private func adopt(_ project: Project) -> Project {
        // Made known again after its folder was moved away, as an error may have told to: the one in memory would go on writing there.
        if let before = loaded.first(where: { $0.path == project.path }) { drop(before) }
        loaded.append(project)
        while loaded.count > capacity { drop(loaded[0]) }
        return project
    }

    private func drop(_ project: Project) {
        loaded.removeAll { $0 === project }
        Task(executorPreference: around.loop) { await project.close() }
    }

    /// How short memory is.
    enum Pressure: Sendable {
        /// From 70 % of what is allowed.
        case high
        /// From 90 %.
        case critical
    }

    /// Gives memory back: at first the least recently used project, in need all but the last and every context.
    ///
    /// - Returns: how many projects went.
    func relieve(_ pressure: Pressure) async -> Int {
        let before = loaded.count
        let kept = pressure == .high ? max(1, before - 1) : 1
        while loaded.count > kept { drop(loaded[0]) }
        if pressure == .critical { for project in loaded { await project.shrink() } }
        return before - loaded.count
    }

    /// Takes all projects out of memory.
    func close() async {
        for project in loaded { await project.close() }
        loaded = []
    }
}
