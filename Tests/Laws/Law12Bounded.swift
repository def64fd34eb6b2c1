import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 12: every queue, buffer, log, wait and retry has a limit: what a daemon of ours does when its own are reached.
@Suite struct Law12Bounded {
    /// So many descriptors a daemon gets here: enough to serve, soon used up.
    private static let descriptors = 64

    /// As many connections as the daemon takes, and some that wait to be taken.
    private func connections(_ home: TestHome, _ pid: Int32, port: UInt16?) async throws -> [Descriptor] {
        let directory = try home.directory()
        var connections: [Descriptor] = []
        while ProcessView(pid).descriptors.count < Self.descriptors {
            try #require(connections.count < 4 * Self.descriptors, "it takes more than it can")
            connections.append(try port.map { try Descriptor.connected(port: $0) } ?? directory.connectSocket("one.sock"))
            try await EventLoop.shared.sleep(for: .milliseconds(1))  // that a connection is taken is no event
        }
        for _ in 0..<20 { connections.append(try port.map { try Descriptor.connected(port: $0) } ?? directory.connectSocket("one.sock")) }
        return connections
    }

    @Test("a daemon without a descriptor left uses no processor for that, and serves again when there are some", arguments: [false, true])
    func noDescriptors(isTCP: Bool) async throws {
        try await TestHome.with { home in
            let program = try home.script("short", "ulimit -n \(Self.descriptors); exec \(TestHome.testDaemon) \"$@\"")
            let daemon = try home.lifecycle(program: program)
            try await daemon.ensure()
            let info = try await daemon.info()
            let view = ProcessView(info.pid)
            var held = try await connections(home, info.pid, port: isTCP ? info.port : nil)
            let before = view.ticks
            // The wait is the thing itself: what is measured is what two seconds of it cost. A loop without rest would use 200 ticks of them, and
            // still more than fifty where four others want the two processors.
            try await EventLoop.shared.sleep(for: .seconds(2))
            let used = view.ticks - before
            #expect(used <= 20, "\(used) ticks")
            #expect(view.descriptors.count <= Self.descriptors)
            held.removeAll()
            #expect(try await daemon.info().nonce == info.nonce)
            #expect(try await daemon.ping().status == "ok")
            let log = home.text("logs/worker-one.log") ?? ""
            let complaints = log.split(separator: "\n").count { $0.contains("EMFILE") }
            #expect((1...4).contains(complaints), "said, and not again and again: \(log)")
            #expect(try await daemon.stop().wasRunning)
        }
    }

    @Test("the memory of a daemon stays what it is, whatever is thrown at it")
    func floods() async throws {
        try await TestHome.with { home in
            let daemon = try home.lifecycle()
            try await daemon.ensure()
            let info = try await daemon.info()
            let port = try #require(info.port)
            var memory: [Int] = []
            for _ in 0..<4 {
                try await flood(home, daemon, port)
                // It has seen all of them go.
                _ = try await eventually("it is alone") {
                    let stats: DaemonStats = try await daemon.get(DaemonPath.stats)
                    return stats.connections <= 1 ? true : nil
                }
                memory.append(ProcessView(info.pid).memory)
            }
            print("memory after floods: \(memory) KiB")
            #expect(memory[3] <= memory[1] + 4096, "\(memory) KiB")
        }
    }

    /// Heads without end, bodies that are too long, bodies that never come, requests whose answers nobody reads.
    private func flood(_ home: TestHome, _ daemon: DaemonLifecycle, _ port: UInt16) async throws {
        let directory = try home.directory()
        let header = "X-Filler: \(String(repeating: "x", count: 1000))\r\n"
        let texts = [
            "GET /health HTTP/1.1\r\nHost: x\r\n" + String(repeating: header, count: 60),
            "GET /health HTTP/1.1\r\nHost: x\r\n" + String(repeating: header, count: 100),
            "POST /v1/use HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" + String(repeating: "b", count: 60_000),
            "POST /v1/use HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
            String(repeating: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", count: 500),
        ]
        var clients: [Descriptor] = []
        for text in texts {
            for number in 0..<20 {
                let client = try number % 2 == 0 ? directory.connectSocket("one.sock") : Descriptor.connected(port: port)
                try client.setNonBlocking(true)
                // As much as it takes: it may have refused already.
                _ = try? client.write(some: Array(text.utf8)[...])
                clients.append(client)
            }
        }
        for _ in 0..<50 { _ = try await daemon.info() }
        withExtendedLifetime(clients) {}
    }

    @Test("clients that ask for much at once and read nothing keep nobody else waiting", arguments: [false, true])
    func greedyClients(isTCP: Bool) async throws {
        try await TestHome.with { home in
            let daemon = try home.lifecycle()
            try await daemon.ensure()
            let port = isTCP ? try await daemon.info().port : nil
            let directory = try home.directory()
            // A second's work for the daemon, and more, from each of them.
            let questions = Array(String(repeating: "GET /v1/stats HTTP/1.1\r\nHost: x\r\n\r\n", count: 1500).utf8)
            let clients = try (0..<20).map { _ in
                let client = try port.map { try Descriptor.connected(port: $0) } ?? directory.connectSocket("one.sock")
                try client.setNonBlocking(true)
                _ = try client.write(some: questions[...])
                return client
            }
            // Each is answered within the few seconds that a client has patience for, or it throws.
            for _ in 0..<3 { #expect(try await daemon.info().instance == "one") }
            #expect(try await daemon.status().state == .ready)
            withExtendedLifetime(clients) {}
        }
    }

    @Test("what a daemon writes to its standard streams is cut, however much it is")
    func standardStreams() async throws {
        try await TestHome.with { home in
            let daemon = try home.lifecycle(["--noise", "6000000"])
            try await daemon.ensure()
            let size = try await eventually("it is cut") {
                home.text("run/worker/one.out")?.hasPrefix("[older output was cut]\n") == true
                    ? try home.file("run/worker/one.out")?.size : nil
            }
            #expect(size <= 1 << 20)
        }
    }
}
