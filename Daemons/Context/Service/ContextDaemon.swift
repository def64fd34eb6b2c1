internal import Configuration
internal import CPlatform
internal import DaemonContract
package import DaemonRuntime
internal import EventLoop
internal import Glibc
internal import IPC
internal import Platform
internal import Synchronization

/// The context daemon: remembers projects for coding tools.
package actor ContextDaemon: DaemonService {
    /// The context daemon as a daemon.
    package static let definition = DaemonDefinition(
        kind: .context, summary: "remembers projects for coding tools", listensOnTCP: false, make: { try ContextDaemon($0) })

    private nonisolated let context: DaemonContext
    private let projects: ProjectManager
    private let queue: WorkQueue
    private let server: IPCServer<ContextEndpoint>
    private let memory: MemoryWatch
    private var isEnding = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }

    /// How often memory is looked at.
    private static let memoryInterval: Duration = .seconds(5)

    package init(_ context: DaemonContext) throws {
        self.context = context
        let configuration = context.configuration
        let configured = try configuration[Settings.contextDataDirectory].map { try RbeeHome.expanding($0, context.environment) }
        let directory = configured ?? "\(context.home.data)/context"
        let store: ProjectStore
        do throws(ProjectError) {
            store = try ProjectStore(directory: directory)
        } catch {
            throw StartError(
                .system, "the data directory cannot be used: \(error.message); set context.data_dir to another", underlying: error)
        }
        var around = Project.Surroundings(loop: context.loop)
        around.complain = { [log = context.log] in log.warning("About a project.", ["project": .text($0.text), "why": .text($1)]) }
        projects = ProjectManager(store: store, capacity: configuration[Settings.contextMaxProjects], around: around)
        queue = WorkQueue(loop: context.loop)
        memory = MemoryWatch(limit: UInt64(configuration[Settings.contextMaxMemory]))
        var limits = IPCLimits()
        limits.messageTime = configuration[Settings.contextMessageTimeout]
        let endpoint = ContextEndpoint(context: context, projects: projects, queue: queue, figures: RequestFigures())
        server = IPCServer(
            loop: context.loop, limits: limits, allowed: { $0.uid == geteuid() || $0.uid == 0 },
            notice: { [log = context.log] in log.warning("About connections.", ["notice": .describing($0)]) }, service: endpoint)
    }

    package func start() async throws {
        let listening = Mutex<(@Sendable () -> Void)?>(nil)
        try context.listen("ipc.sock") { [server] descriptor in
            let lost = listening.withLock { stop in
                defer { stop = server.listen(descriptor: descriptor) }
                return stop
            }
            lost?()
        }
        watchMemory()
    }

    package func drain(cascade: Bool, within limit: Duration) async {
        isEnding = true
        // What was acknowledged is done before the process ends.
        _ = await server.drain(deadline: limit)
        try? await context.loop.withDeadline(limit) { [queue] in await queue.finish() }
        server.close()
        await projects.close()
    }

    package func metrics() async -> [Metric] {
        [
            Metric("context_projects_loaded", .gauge, "Projects in memory.", Double(await projects.count)),
            Metric("context_queue", .gauge, "Acknowledged requests that wait to be done.", Double(await queue.count)),
            Metric("context_cache_hits_total", .counter, "Contexts that were there when they were asked for.", Double(await projects.hits)),
            Metric("context_cache_misses_total", .counter, "Contexts that had to be computed.", Double(await projects.misses)),
        ]
    }

    private func watchMemory() {
        guard !isEnding else { return }
        context.loop.schedule(after: Self.memoryInterval) { self.assumeIsolated { $0.lookAtMemory() } }
    }

    private func lookAtMemory() {
        if let pressure = memory.pressure(of: MemoryWatch.resident) {
            Task(executorPreference: context.loop) { await self.relieve(pressure) }
        }
        watchMemory()
    }

    private func relieve(_ pressure: ProjectManager.Pressure) async {
        let gone = await projects.relieve(pressure)
        rbee_trim_memory()
        guard gone > 0 else { return }
        context.log.notice(
            "Memory ran short.", ["projects_dropped": .number(gone), "resident": .number(Int(clamping: MemoryWatch.resident))])
    }
}
