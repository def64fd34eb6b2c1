import DaemonContract
import DaemonHarness
import DaemonLifecycle
import EventLoop
import Glibc
import HTTP
import OperationContract
import Platform
import Testing

/// Law 9: use keeps a daemon alive, looking does not.
@Suite struct Law09UseKeepsAlive {
    /// A test daemon that stays for ever, until its time to live is set.
    private func daemon(_ home: TestHome) async throws -> TestDaemon {
        let lifecycle = try home.lifecycle(["--ttl", "1h"])
        try await lifecycle.ensure()
        return try await TestDaemon(lifecycle, home)
    }

    private func setTTL(_ daemon: TestDaemon, _ seconds: Double) async throws {
        let answer = try await daemon.api.ask(.put, DaemonPath.ttl, #"{"ttl_secs":\#(seconds)}"#)
        #expect(answer.status == 200)
    }

    /// What is left of the time to live, by the daemon's own clock.
    private func remaining(_ daemon: TestDaemon) async throws -> Double {
        let stats: DaemonStats = try await daemon.api.get(DaemonPath.stats)
        return try #require(stats.ttlRemainingSecs)
    }

    /// What is left before and after something, with some time gone by before it. No wait is short enough to matter here: the TTL is an hour.
    private func around(_ daemon: TestDaemon, _ body: () async throws -> Void) async throws -> (before: Double, after: Double) {
        let before = try await eventually("some time goes by") {
            let left = try await remaining(daemon)
            return left < 3599.95 ? left : nil
        }
        try await body()
        return (before, try await remaining(daemon))
    }

    @Test("looking is no use: health, info, stats, metrics, leases, bare connections, the lifecycle's and the keeper's status and list")
    func lookingIsNoUse() async throws {
        try await TestHome.with { home in
            let daemon = try await daemon(home)
            let paths = [DaemonPath.health, DaemonPath.info, DaemonPath.stats, "/metrics", DaemonPath.leases, "/v1/look"]
            let (before, after) = try await around(daemon) {
                for _ in 0..<50 { for path in paths { _ = try await daemon.api.ask(.get, path) } }
                for _ in 0..<20 {
                    _ = try await daemon.lifecycle.status()
                    _ = try await daemon.lifecycle.find()
                    _ = try await DaemonDirectory(home: home.path).list()
                }
                for command in [["status"], ["list", "--json"], ["doctor"]] { _ = try await home.startKeeper(command).finish() }
            }
            #expect(after < before)
        }
    }

    @Test("heartbeats of others are no use to a queen")
    func heartbeatsAreNoUse() async throws {
        try await TestHome.with { home in
            let queen = try await home.queen(["RBEE_QUEEN_TTL": "1h", "RBEE_QUEEN_AUTOSTART_HIVE": "false"])
            let worker = try FakeWorker("w1")
            let (before, after) = try await around(queen) { for _ in 0..<50 { try await worker.announce(to: queen) } }
            #expect(after < before)
        }
    }

    @Test(
        "work, pings and leases renew, each of them each time",
        arguments: [("/v1/use", "{}"), (DaemonPath.ping, ""), (DaemonPath.leases, #"{"holder":"test","duration_secs":60}"#)])
    func useRenews(_ path: String, _ body: String) async throws {
        try await TestHome.with { home in
            let daemon = try await daemon(home)
            for _ in 0..<5 {
                _ = try await around(daemon) {}
                // Look, use, look, in one go: the daemon answers them one after the other, whatever the test is doing.
                let use = "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                let answers = try await pipelined(home, ["GET /v1/stats HTTP/1.1\r\nHost: x\r\n\r\n", use])
                let stats = answers.compactMap { try? ContractJSON.decode(DaemonStats.self, text: $0) }
                try #require(stats.count == 2, "\(answers)")
                #expect(try #require(stats[1].ttlRemainingSecs) > #require(stats[0].ttlRemainingSecs), "\(path)")
                // From its end on, for as long as there is one.
                if stats[1].leases > 0 { return }
            }
        }
    }

    /// The bodies of the answers to requests that are sent in one go, the last of which asks for the daemon's figures.
    private func pipelined(_ home: TestHome, _ requests: [String]) async throws -> [String] {
        let connection = try home.directory().connectSocket("one.sock")
        let last = "GET /v1/stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        try connection.write(Array((requests + [last]).joined().utf8))
        return bodies(try await connection.textToEnd())
    }

    private func bodies(_ answers: String) -> [String] {
        answers.split(separator: "HTTP/1.1 ").compactMap { answer in
            answer.firstRange(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) }
        }
    }

    @Test("trifecta T1: a request longer than the TTL is finished, and the whole TTL counts again from its end")
    func aRequestLongerThanTheTTL() async throws {
        try await TestHome.with { home in
            let daemon = try await daemon(home)
            // A request whose body is not all there lasts for as long as the test likes.
            let request = try home.directory().connectSocket("one.sock")
            try request.write(Array("POST /v1/use HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{".utf8))
            let began: DaemonStats = try await eventually("it is under way") {
                let stats: DaemonStats = try await daemon.api.get(DaemonPath.stats)
                return stats.inFlight >= 2 ? stats : nil
            }
            try await setTTL(daemon, 0.4)
            _ = try await eventually("the TTL has ended twice") {
                let stats: DaemonStats = try await daemon.api.get(DaemonPath.stats)
                #expect(stats.ttlRemainingSecs == nil, "it does not count while a request is under way")
                return stats.uptimeSecs >= began.uptimeSecs + 2 ? true : nil
            }
            // The end and the question in one go: the daemon answers the second in the turn in which the first is done.
            try request.write(Array("}GET /v1/stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            let bodies = bodies(try await request.textToEnd())
            #expect(bodies.first == "{}", "not cut")
            let stats = try ContractJSON.decode(DaemonStats.self, text: try #require(bodies.last))
            #expect((stats.ttlRemainingSecs ?? 0) > 0.3 && stats.ttlSecs == 0.4, "the whole of it, from the end: \(bodies)")
            try await daemon.gone()
        }
    }

    @Test("trifecta T2: a thousand connections opened and closed, on the socket and on TCP, are no use")
    func bareConnections() async throws {
        try await TestHome.with { home in
            let daemon = try await daemon(home)
            let directory = try home.directory()
            let (before, after) = try await around(daemon) {
                for _ in 0..<500 {
                    try directory.connectSocket("one.sock").close()
                    try Descriptor.connected(port: try #require(daemon.info.port)).close()
                }
            }
            #expect(after < before)
        }
    }

    @Test("trifecta T3: clients that say nothing, or half of something, keep nobody alive and hold up no signal", arguments: [false, true])
    func silentClients(isSignalled: Bool) async throws {
        try await TestHome.with { home in
            let daemon = try await daemon(home)
            let directory = try home.directory()
            var clients: [Descriptor] = []
            for text in ["", "G", "GET /health HTTP/1.1\r\n", "POST /v1/use HTTP/1.1\r\nHost: x\r\nContent-Le"] {
                for _ in 0..<5 {
                    let socket = try directory.connectSocket("one.sock")
                    try socket.write(Array(text.utf8))
                    clients.append(socket)
                    let other = try Descriptor.connected(port: try #require(daemon.info.port))
                    try other.write(Array(text.utf8))
                    clients.append(other)
                }
            }
            let stats: DaemonStats = try await eventually("all are connected") {
                let stats: DaemonStats = try await daemon.api.get(DaemonPath.stats)
                return stats.connections >= clients.count ? stats : nil
            }
            #expect(stats.connections >= 40)
            if isSignalled { try daemon.signal(SIGTERM) } else { try await setTTL(daemon, 0.3) }
            try await daemon.gone()
            withExtendedLifetime(clients) {}
        }
    }

    @Test("trifecta T4: status is answered while a long request is under way")
    func statusBesideALongRequest() async throws {
        try await TestHome.with { home in
            let daemon = try await daemon(home)
            let responses = try await (0..<8).asyncMap { _ in try await daemon.api.send(.post, "/v1/slow/3600000") }
            let status = try await home.keeper("status", "worker/one", "--json")
            #expect(status.exit == 0 && status.output.contains("\"state\":\"ready\""))
            let stats: DaemonStats = try await daemon.api.get(DaemonPath.stats)
            #expect(stats.inFlight >= 8)
            let receipt = try await daemon.lifecycle.stop(grace: .milliseconds(50))
            #expect(receipt.wasRunning)
            withExtendedLifetime(responses) {}
        }
    }

    @Test("trifecta T11: expired, starting and gone are different answers")
    func whyNobodyAnswers() async throws {
        try await TestHome.with { home in
            let daemon = try await daemon(home)
            try await setTTL(daemon, 0.05)
            try await daemon.gone()
            let ping = await #expect(throws: LifecycleError.self) { try await daemon.lifecycle.ping() }
            #expect(ping?.code == .notRunning)
            #expect(try await daemon.lifecycle.status().state == .stopped, "its end was its own decision")
            let another = try await self.daemon(home)
            try await another.kill()
            #expect(try await another.lifecycle.status().state == .stale, "this one's was not")
        }
    }

    @Test("a lease held by a connection goes with the client that is killed, also one that was stopped before")
    func aHeldLeaseGoesWithItsClient() async throws {
        for isStopped in [false, true] {
            try await TestHome.with { home in
                let daemon = try await daemon(home)
                let port = try #require(daemon.info.port)
                let request =
                    "POST /v1/leases/held HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: Bearer \(home.token)\\r\\n"
                    + "Content-Type: application/json\\r\\nContent-Length: 17\\r\\n\\r\\n{\"holder\":\"test\"}"
                let client = try KeeperProcess(
                    "/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '\(request)' >&3; exec sleep 1000"],
                    environment: home.programEnvironment())
                _ = try await eventually("the lease") {
                    let list: LeaseList = try await daemon.api.get(DaemonPath.leases)
                    return list.leases.first?.held == true ? true : nil
                }
                try await setTTL(daemon, 0.001)
                let process = try WatchedProcess(pid: client.pid)
                if isStopped { try process.signal(SIGSTOP) }
                // A thousand requests later it is still there: its time to live ended long ago.
                for _ in 0..<200 { _ = try await daemon.api.ask(.get, DaemonPath.health) }
                #expect(daemon.isRunning)
                try await process.kill()
                try await daemon.gone()
            }
        }
    }

    @Test(
        "trifecta T5: under another monotonic clock, ten days ahead, daemons start, are found, expire and stop",
        .enabled(if: TestHome.canRun("/usr/bin/unshare", "-T", "--monotonic", "864000", "--boottime", "864000"), "no time namespaces here"))
    func anotherClock() async throws {
        try await TestHome.with { home in
            let keeper = "$0/rbee-keeper"
            let outcome = try await home.shell(
                """
                set -e
                \(keeper) worker start one --model builtin --ttl 1h
                \(keeper) status worker/one
                \(keeper) ping worker/one
                \(keeper) worker stop one --json
                \(keeper) worker start two --model builtin --ttl 300ms
                while \(keeper) status worker/two >/dev/null; do :; done
                \(keeper) list
                """, under: ["/usr/bin/unshare", "-T", "--monotonic", "864000", "--boottime", "864000"])
            #expect(outcome.exit == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("ready") && outcome.output.contains("\"was_running\":true"), "\(outcome.output)")
            #expect(outcome.output.hasSuffix("no daemon runs\n"), "\(outcome.output)")
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
