internal import Configuration
internal import DaemonContract
internal import DaemonLifecycle
internal import DaemonRuntime
internal import EventLoop
internal import HTTP
internal import OperationContract
internal import Platform

/// A worker's engine, brought up: what answers requests, and how it ends.
struct WorkerEngine: Sendable {
    /// What answers.
    let backend: any OpenAIBackend
    /// The program behind it; nil for the builtin engine.
    private let program: CommandEngine?
    private let client: HTTPClient?

    /// Brings an engine up and waits until it can serve.
    ///
    /// - Parameter name: the name under which the model is served.
    static func start(_ configuration: ModelConfiguration, as name: String, context: DaemonContext) async throws -> WorkerEngine {
        switch configuration.engine {
        case .builtin:
            let service = OpenAIService(engine: BuiltinEngine(), model: name, now: WallClock.seconds)
            return WorkerEngine(backend: service, program: nil, client: nil)
        case .command:
            return try await startProgram(configuration, as: name, context: context)
        }
    }

    /// Waits until the engine has ended by itself. An engine in this process never does.
    func ended() async -> EngineExit? {
        await program?.ended()
    }

    /// Ends the engine, with everything it has started.
    func stop() async {
        client?.close()
        await program?.stop()
    }

    private static func startProgram(
        _ configuration: ModelConfiguration, as name: String, context: DaemonContext
    ) async throws -> WorkerEngine {
        let loop = context.loop
        let run = try RunDirectory.make(context.home.run)
        let instance = context.id.instance
        let launcher = LocalLauncher(home: context.home, environment: context.environment, loop: loop)
        let host = GuardedEngineHost(
            launcher: launcher, loop: loop, nonce: context.info.nonce,
            files: try EngineFiles(run: run, logs: context.home.logs, instance: instance))
        let probe = EngineProbe(loop: loop, path: configuration.healthPath)
        let program = CommandEngine(
            configuration: configuration, environment: context.environment, places: try EnginePlaces(run: run, instance: instance),
            host: host, loop: loop, probe: { await probe.ask($0, process: $1) })

        // A little longer than the engine may take, so that its own error is what is told.
        context.extendStart(by: configuration.startTimeout + .seconds(10), "starting the engine of \(name)")
        let endpoint = try await program.start()
        let client = HTTPClient(loop: loop, endpoint: endpoint.http, options: options)
        let send: OpenAIProxy.Send = { request, deadline throws(HTTPError) in try await client.send(request, deadline: deadline) }
        let names = [name, configuration.model, configuration.name].compactMap { $0 }
        let served = await OpenAIProxy.servedModel(among: names, send: send)
        context.log.info(
            "The engine is up.", ["endpoint": .text("\(endpoint)"), "model": .text(name), "served_model": .text(served ?? name)])
        let model = OpenAIModel(id: name, created: WallClock.seconds(), ownedBy: configuration.name)
        let proxy = OpenAIProxy(model: model, engine: configuration.name, servedModel: served ?? name, send: send)
        return WorkerEngine(backend: proxy, program: program, client: client)
    }

    private static var options: HTTPClientOptions {
        var options = HTTPClientOptions()
        // Small servers close idle connections after a few seconds; a request that crosses that would have to be sent again.
        options.idleTime = .seconds(2)
        return options
    }
}
