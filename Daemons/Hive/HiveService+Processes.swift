internal import DaemonContract
internal import DaemonRuntime
internal import HTTP
internal import OperationContract

/// What a hive is asked of its plain programs.
extension HiveService {
    func addProcesses(to router: inout Router) {
        let processes = processes
        router.get(RegistryPath.processes) { _, _ in .json(await processes.list()) }
        let orders: [(String, @Sendable (ProcessOrder) async throws -> ProcessOrderReply)] = [
            ("start", { try await processes.start($0) }), ("stop", { try await processes.stop($0) }),
            ("restart", { try await processes.restart($0) }),
        ]
        for (action, perform) in orders {
            router.post(RegistryPath.processes(action)) { request, _ in
                let order = try ContractJSON.decode(ProcessOrder.self, from: try await request.collectBody())
                return .json(try await Self.answer { try await perform(order) })
            }
        }
    }

    /// A program that runs keeps the hive: nobody else would start it again.
    func changed(_ process: SupervisedProcess) {
        var metadata: LogMetadata = ["process": .text(process.name), "state": .text(process.state.rawValue)]
        if let pid = process.pid { metadata["pid"] = .number(Int(pid)) }
        if let reason = process.reason { metadata["reason"] = .text(reason) }
        context.log.info("A process changed its state.", metadata)
        lease.note(process)
    }
}
