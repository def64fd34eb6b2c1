import DaemonContract
import FoundationEssentials
import Glibc
import OperationContract
import Platform
import Testing

@testable import DaemonRuntime

/// How daemons end.
@Suite struct DrainProcessTests {
    private let home: TemporaryHome

    init() throws { home = try TemporaryHome() }

    /// Sends a request that is in flight when this returns.
    private func slow(_ daemon: TestDaemonProcess, milliseconds: Int) throws -> RawConnection {
        let connection = try daemon.control()
        try connection.request("POST", "/v1/slow/\(milliseconds)")
        #expect(try connection.head().status == 200)
        #expect(try connection.chunk() == Array("begun\n".utf8))
        return connection
    }

    /// A request that is in flight until its body is completed with `}`.
    private func held(_ daemon: TestDaemonProcess) throws -> RawConnection {
        let connection = try daemon.control()
        try connection.send("POST /v1/use HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{")
        let looking = try daemon.control()
        while try looking.ask("GET", "/v1/stats").decode(DaemonStats.self).inFlight < 2 {}
        return connection
    }

    private func expectLeft() throws {
        #expect(!home.exists("run/worker/a.sock"), "its socket is gone")
        #expect(home.exists("run/worker/a.lock"), "a lock file never is")
        let directory = try #require(try RunDirectory.open(home.path + "/run/worker", create: false))
        #expect(try FileLock.probe(in: directory, name: "a.lock") == .free)
        #expect(!home.exists("run/worker/a.json"), "who ends by its own decision leaves no record")
    }

    @Test func aShutdownIsAnsweredAndThenDone() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let response = try daemon.ask("POST", "/v1/shutdown")
            #expect(try response.status == 200 && response.decode(ShutdownReply.self).status == "draining")
            try daemon.waitMessage { $0["STOPPING"] == "1" }
            #expect(try daemon.waitEnd() == .exit(0))
            try expectLeft()
            let log = String(decoding: home.contents("logs/worker-a.log") ?? [], as: UTF8.self)
            #expect(log.contains(#""message":"Closing.","metadata":{"cascade":true}"#))
        }
    }

    @Test func aShutdownOverTCPWithTheTokenAndWithoutCascade() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let header = ["Authorization: Bearer \(try daemon.token)"]
            #expect(try daemon.askTCP("POST", "/v1/shutdown", #"{"cascade":false,"grace_ms":500}"#, headers: header).status == 200)
            #expect(try daemon.waitEnd() == .exit(0))
            let log = String(decoding: home.contents("logs/worker-a.log") ?? [], as: UTF8.self)
            #expect(log.contains(#""message":"Closing.","metadata":{"cascade":false}"#))
        }
    }

    @Test func signalsDrain() async throws {
        try await onOwnThread { [home] in
            for number in [SIGTERM, SIGINT] {
                let daemon = try TestDaemonProcess.ready(home)
                try daemon.signal(number)
                #expect(try daemon.waitEnd() == .exit(0))
                try expectLeft()
            }
        }
    }

    @Test func aServiceEndsItself() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            #expect(try daemon.ask("POST", "/v1/leave").text == "leaving")
            #expect(try daemon.waitEnd() == .exit(0))
            try expectLeft()
        }
    }

    @Test func whatIsInFlightIsFinishedAndNothingNewIsTaken() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let port = try #require(try daemon.record.port)
            let request = try held(daemon)
            // Has begun to ask, so that it is not closed as idle.
            let late = try daemon.control()
            try late.send("GET /health HTTP/1.1\r\n")
            let idle = try daemon.control()
            #expect(try idle.ask("GET", "/health").status == 200)
            #expect(try daemon.ask("POST", "/v1/shutdown").status == 200)
            #expect(try daemon.record.state == .draining)
            #expect(!home.exists("run/worker/a.sock"))
            #expect(throws: RawConnection.Failure.self) { try RawConnection(port: port) }
            try late.send("Host: localhost\r\n\r\n")
            let refused = try late.response()
            #expect(refused.status == 503 && refused.errorCode == "draining")
            #expect(refused.headers["retry-after"] == "1" && refused.headers["connection"] == "close")
            #expect(idle.rest().isEmpty)
            #expect(daemon.isRunning)
            try request.send("}")
            #expect(try request.response().text == "{}")
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func whatOutlastsTheGraceIsCut() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let request = try slow(daemon, milliseconds: 3_600_000)
            #expect(try daemon.ask("POST", "/v1/shutdown", #"{"grace_ms":50}"#).status == 200)
            #expect(try daemon.waitEnd() == .exit(0))
            #expect(request.rest().isEmpty, "cut, not ended as if complete")
        }
    }

    @Test func aSecondSignalEndsItAtOnce() async throws {
        try await onOwnThread { [home] in
            for (number, code) in [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)] {
                let daemon = try TestDaemonProcess.ready(home)
                let request = try slow(daemon, milliseconds: 3_600_000)
                try daemon.signal(number)
                try daemon.waitMessage { $0["STOPPING"] == "1" }
                try daemon.signal(number)
                #expect(try daemon.waitEnd() == .exit(code))
                #expect(!home.exists("run/worker/a.sock"))
                #expect(request.rest().isEmpty)
            }
        }
    }

    @Test func aStartThatHangsDoesNotKeepItFromEnding() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess(
                home, "a", ["--start-hang", "--extend", "1h"], environment: ["RBEE_STOP_GRACE": "50ms"])
            try daemon.waitMessage { $0["EXTEND_TIMEOUT_USEC"] != nil }
            try daemon.signal(SIGTERM)
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func aServiceThatDoesNotCloseIsLeftAtTheDeadline() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--drain-delay", "1h"])
            #expect(try daemon.ask("POST", "/v1/shutdown", #"{"grace_ms":0}"#).status == 200)
            #expect(try daemon.waitEnd() == .exit(1))
        }
    }

    @Test func streamsThatOnlyLookAreCutByTheDrain() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let watching = try daemon.control()
            try watching.request("GET", "/v1/watch")
            #expect(try watching.head().status == 200)
            #expect(try watching.chunk() == Array("begun\n".utf8))
            #expect(try daemon.ask("POST", "/v1/shutdown", #"{"grace_ms":3600000}"#).status == 200)
            #expect(try watching.chunk() == nil, "ended whole")
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func jobsAreFinishedWithTheirStreams() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let words = String(repeating: "word ", count: 200)
            let body = #"{"operation":"infer","hive_id":"localhost","model":"m","prompt":"\#(words)","max_tokens":1,"temperature":0}"#
            let made = try daemon.ask("POST", "/v1/jobs", body)
            #expect(made.status == 200, "\(made.text)")
            let stream = try daemon.control()
            try stream.request("GET", try made.decode(JobResponse.self).sseURL)
            #expect(try stream.head().status == 200)
            _ = try stream.chunk()
            #expect(try daemon.ask("POST", "/v1/shutdown").status == 200)
            var text = ""
            while let chunk = try stream.chunk() { text += String(decoding: chunk, as: UTF8.self) }
            #expect(text.hasSuffix("data: [DONE]\n\n"))
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func jobsThatOutlastTheGraceEndCancelled() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            #expect(try daemon.ask("POST", "/v1/jobs", #"{"operation":"model_list","hive_id":"localhost"}"#).status == 200)
            #expect(try daemon.ask("POST", "/v1/shutdown", #"{"grace_ms":50}"#).status == 200)
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func hangUpsAndBrokenPipesAreNoEnd() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            try daemon.signal(SIGHUP)
            try daemon.signal(SIGPIPE)
            try home.remove("logs/worker-a.log")
            // The log is made anew, and a line is written for each failure that is not like the one before.
            var failures = 0
            while !home.exists("logs/worker-a.log") {
                failures += 1
                #expect(try daemon.ask("POST", "/v1/fail/\(failures)").status == 500)
            }
            #expect(try daemon.ask("GET", "/health").status == 200)
        }
    }

    @Test func idleItEndsAfterItsTTL() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--ttl", "300ms"])
            #expect(try daemon.waitEnd() == .exit(0))
            try expectLeft()
        }
    }

    @Test func lookingDoesNotKeepItAlive() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--ttl", "1h"])
            let watching = try daemon.control()
            try watching.request("GET", "/v1/watch")
            let connection = try daemon.control()
            #expect(try connection.ask("PUT", "/v1/ttl", #"{"ttl_secs":0.5}"#).status == 200)
            do {
                while true {
                    for path in ["/health", "/v1/info", "/v1/stats", "/metrics", "/v1/look", "/v1/leases", "/v1/jobs"] {
                        let status = try connection.ask("GET", path).status
                        if status == 503 { break }
                        #expect(status == 200)
                    }
                }
            } catch is RawConnection.Failure {}
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func nothingExpiresWhileARequestIsInFlight() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--ttl", "1h"])
            let request = try held(daemon)
            let looking = try daemon.control()
            #expect(try looking.ask("PUT", "/v1/ttl", #"{"ttl_secs":0.001}"#).status == 200)
            // A thousand times its time to live goes by.
            let began = Monotonic.now()
            while Monotonic.now().since(began) < 1_000_000_000 {
                #expect(try looking.ask("GET", "/v1/stats").decode(DaemonStats.self).ttlRemainingSecs == nil)
            }
            try request.send("}")
            #expect(try request.response().text == "{}")
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func aLeaseKeepsItUntilItIsGivenBack() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--ttl", "1h"])
            let lease = try daemon.ask("POST", "/v1/leases", #"{"holder":"test","duration_secs":3600}"#).decode(Lease.self)
            #expect(try daemon.ask("PUT", "/v1/ttl", #"{"ttl_secs":0.001}"#).status == 200)
            #expect(try daemon.ask("GET", "/v1/leases").decode(LeaseList.self).leases.map(\.id) == [lease.id])
            #expect(try daemon.ask("GET", "/v1/stats").decode(DaemonStats.self).leases == 1)
            #expect(try daemon.ask("DELETE", "/v1/leases/\(lease.id)").status == 204)
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func aLeaseOnAConnectionGoesWithTheConnection() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--ttl", "1h"])
            do {
                let holding = try daemon.control()
                try holding.request("POST", "/v1/leases/held", #"{"holder":"test"}"#)
                #expect(try holding.head().status == 201)
                let line = try #require(try holding.chunk())
                let lease = try ContractJSON.decode(Lease.self, from: line)
                #expect(lease.held == true && lease.holder == "test")
                #expect(try daemon.ask("PUT", "/v1/ttl", #"{"ttl_secs":0.001}"#).status == 200)
                #expect(try daemon.ask("GET", "/v1/leases").decode(LeaseList.self).leases == [lease])
            }
            #expect(try daemon.waitEnd() == .exit(0))
        }
    }

    @Test func whoeverWatchesHearsFromIt() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, environment: ["WATCHDOG_USEC": "2000000"])
            try daemon.waitMessage { $0["WATCHDOG"] == "1" }
            try daemon.waitMessage { $0["WATCHDOG"] == "1" }
        }
    }
}
