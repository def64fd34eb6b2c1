internal import DaemonContract
internal import OperationContract
internal import Synchronization

/// Runs a job whose only interest is its typed reply.
enum JobResult {
    static func of<Reply: Decodable>(
        _ job: JobRun, _ operation: Operation, as type: Reply.Type, narrate: @escaping Narrate
    ) async throws -> Reply {
        let last = LastText()
        try await job.run(operation) { event in
            switch event {
            case .narration(let narration): narrate("\(narration.actor): \(narration.human)")
            case .result(let json): last.set(json)
            case .token, .end, .unknown: break
            }
        }
        guard let json = last.value else {
            throw KeeperError(.failed, "the job ended without a result", next: [job.connection.logsCommand, "rbee-keeper status"])
        }
        return try ContractJSON.decode(type, text: json)
    }
}

/// The last text that was told, from wherever.
private final class LastText: Sendable {
    private let stored = Mutex<String?>(nil)

    var value: String? { stored.withLock { $0 } }

    func set(_ value: String) {
        stored.withLock { $0 = value }
    }
}
