import DaemonContract
import DaemonHarness
import EventLoop
import HTTP
import OperationContract
import Testing

/// A queen whose jobs take long: a word of the prompt a millisecond.
struct SlowQueen {
    let baseURL: String
    /// What the keeper needs to find this queen's program.
    let environment: [String: String]
    /// A prompt that takes most of a minute.
    let endless = String(repeating: "word ", count: 20_000)

    /// The state of the job that the keeper told of with `--verbose`.
    func state(ofJobIn errors: String) async throws -> String {
        let line = try #require(errors.split(separator: "\n").first { $0.hasPrefix("job job-") })
        let port = try #require(baseURL.split(separator: ":").last.flatMap { Int($0) })
        let client = HTTPClient(loop: .shared, endpoint: .tcp(host: "127.0.0.1", port: port))
        defer { client.close() }
        let request = HTTPClientRequest(target: JobPath.job(String(line.dropFirst("job ".count))))
        return try await client.send(request, deadline: .seconds(30)).decode(JobInfo.self).status
    }
}

extension KeeperHome {
    /// Starts a queen of that kind in this home.
    func slowQueen() async throws -> SlowQueen {
        try write("programs/queen-rbee", "#!/bin/sh\nexec '\(programs)/rbee-test-daemon' --kind queen \"$@\"\n", mode: 0o755)
        let environment = ["RBEE_BIN_DIR": "\(path)/programs"]
        let start = try await run("queen", "start", "--port", "0", "--json", environment: environment)
        try #require(start.exit == 0, "\(start.errors)")
        return SlowQueen(baseURL: try #require(try await row("queen").baseURL), environment: environment)
    }
}
