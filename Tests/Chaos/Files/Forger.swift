import DaemonContract

/// Writes files that are well formed and lie: they name a bystander.
struct Forger: Sendable {
    let bystander: Bystander.Identity
    let nonce: String
    let kind: String
    let instance: String

    /// A nonce that nobody ever drew.
    static func nonce(_ salt: UInt64) -> String {
        var generator = SeededGenerator(seed: salt)
        let digits = Array("0123456789abcdef".utf8)
        return ChaosFile.text((0..<32).map { _ in digits[generator.number(in: 0...15)] })
    }

    var lockLine: [UInt8] {
        Array("\(bystander.pid) \(bystander.startTicks) \(bystander.bootID) \(bystander.namespace) \(nonce)\n".utf8)
    }

    func record(run: String) -> [UInt8]? {
        let record = DaemonRecord(
            kind: DaemonKind(rawValue: kind), instance: instance, nonce: nonce, pid: bystander.pid, startTicks: bystander.startTicks,
            bootID: bystander.bootID, pidNamespace: bystander.namespace, owner: "keeper", state: .ready, baseURL: "http://127.0.0.1:1",
            port: 1, socket: "\(run)/\(kind)/\(instance).sock", buildID: "forged", ttlSecs: 0, graceMs: 1000, startedAt: 1)
        return try? ContractJSON.encodePretty(record)
    }

    var lastEnd: [UInt8]? {
        try? ContractJSON.encodePretty(LastEnd(nonce: nonce, pid: bystander.pid, signal: 9, output: "forged", endedAt: 1))
    }

    var handle: [UInt8]? {
        let identity = HandleFile.Identity(
            nonce: nonce, pid: bystander.pid, startTicks: bystander.startTicks, bootID: bystander.bootID,
            pidNamespace: bystander.namespace)
        let handle = DaemonHandle.startedByUs(daemonName: "rbee-worker", baseURL: "http://127.0.0.1:1", pid: UInt32(bystander.pid))
        return try? ContractJSON.encodePretty(
            HandleFile(
                handle: handle, identity: identity, kind: DaemonKind(rawValue: kind), instance: instance, owner: "keeper", intent: false,
                createdAt: 1))
    }
}
