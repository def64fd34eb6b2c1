internal import DaemonContract

/// `ping`: asks a daemon for an answer, which counts as use.
enum PingCommand {
    /// JSON: `{"kind","instance","status","latency_ms","ttl_remaining_secs"}`.
    private struct PingReport: Report {
        let id: DaemonID
        let reply: PingReply
        let latency: Duration

        private enum CodingKeys: String, CodingKey {
            case kind, instance, status
            case latency = "latency_ms"
            case ttl = "ttl_remaining_secs"
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(id.kind, forKey: .kind)
            try fields.encode(id.instance, forKey: .instance)
            try fields.encode(reply.status, forKey: .status)
            try fields.encode(HumanTime.milliseconds(latency), forKey: .latency)
            try fields.encodeIfPresent(reply.ttlRemainingSecs, forKey: .ttl)
        }

        func lines(_ style: Style) -> [String] {
            let stays = reply.ttlRemainingSecs.map { ", stays \(HumanTime.elapsed(.seconds($0))) without further use" } ?? ""
            return ["\(id) \(style.paint("answered", .good)) in \(HumanTime.elapsed(latency))\(stays)"]
        }
    }

    static let command = Command(
        "ping", summary: "ask a daemon for an answer, which keeps it alive",
        discussion: [
            "Counts as use, so a daemon with a time to live starts counting anew. Starts nothing.",
            #"With --json: {"kind","instance","status","latency_ms","ttl_remaining_secs"}."#,
        ],
        operands: [.daemon],
        exits: [
            .init(.done, "it answered"), .init(.failed), .init(.usage), .init(.notRunning),
            .init(.timedOut, "it did not answer in time (5s)"),
        ],
        examples: [.init("rbee-keeper ping", "the queen"), .init("rbee-keeper ping worker/tiny-1", "keep this worker")],
        timeout: "5s"
    ) { context in
        let id = try await context.chosenDaemon()
        let deadline = context.arguments.timeout ?? .seconds(5)
        let connection = try await context.daemons().connection(to: id)
        let began = context.clock.now
        let reply = try await connection.call(.post, DaemonPath.ping, deadline: deadline, as: PingReply.self)
        try context.output.result(PingReport(id: id, reply: reply, latency: context.clock.now - began))
        return .done
    }
}
