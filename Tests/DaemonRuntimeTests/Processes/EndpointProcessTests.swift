import DaemonContract
import FoundationEssentials
import Glibc
import OperationContract
import Platform
import Testing

@testable import DaemonRuntime

/// What a daemon answers, and whom.
@Suite struct EndpointProcessTests {
    private let home: TemporaryHome

    init() throws { home = try TemporaryHome() }

    private func bearer(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }

    @Test func theCommonEndpointsAnswerOnBothWays() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--ttl", "1h"])
            for connection in [try daemon.control(), try daemon.tcp()] {
                #expect(try connection.ask("GET", "/health").decode(HealthStatus.self) == .healthy)
                let info = try connection.ask("GET", "/v1/info").decode(DaemonInfo.self)
                #expect(info.name == "rbee-worker" && info.kind == .worker && info.instance == "a")
                #expect(info.pid == daemon.pid && info.nonce == daemon.nonce.text)
                let record = try daemon.record
                #expect(info.port == record.port && info.baseURL == record.baseURL)
                #expect(info.socket == home.path + "/run/worker/a.sock")
                #expect(info.version == RbeeVersion.current && !info.buildID.isEmpty)
                let stats = try connection.ask("GET", "/v1/stats").decode(DaemonStats.self)
                #expect(stats.inFlight == 1 && stats.connections >= 1 && stats.ttlSecs == 3600 && stats.leases == 0)
                #expect(stats.rssBytes > 1 << 20 && stats.threads < 10 && stats.descriptors > 3 && stats.descriptors < 64)
                #expect(stats.ttlRemainingSecs.map { $0 > 3000 && $0 <= 3600 } == true)
                let metrics = try connection.ask("GET", "/metrics")
                #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
                #expect(metrics.text.contains("# TYPE rbee_up gauge\nrbee_up 1\n") && metrics.text.contains("test_calls_total 0\n"))
                #expect(metrics.text.contains("rbee_requests_total{status=\"200\"}"))
                let head = try connection.ask("HEAD", "/health")
                #expect(head.status == 200 && head.body.isEmpty)
            }
        }
    }

    @Test func whatIsNotThereIsSaidInJSON() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let connection = try daemon.control()
            let absent = try connection.ask("GET", "/nope")
            #expect(absent.status == 404 && absent.errorCode == "not_found" && absent.headers["content-type"] == "application/json")
            let method = try connection.ask("DELETE", "/health")
            #expect(method.status == 405 && method.errorCode == "method_not_allowed" && method.headers["allow"] == "GET, HEAD, OPTIONS")
            let options = try connection.ask("OPTIONS", "/v1/leases")
            #expect(options.status == 204 && options.headers["allow"] == "GET, HEAD, OPTIONS, POST")
            #expect(try connection.ask("GET", "/v1/jobs/job-0").status == 404)
            let failed = try connection.ask("POST", "/v1/fail")
            #expect(failed.status == 500 && failed.errorCode == "internal")
            let bad = try connection.ask("POST", "/v1/shutdown", "{")
            #expect(bad.status == 400 && bad.errorCode == "bad_request")
            #expect(try connection.ask("POST", "/v1/shutdown", #"{"grace_ms":-1}"#).status == 400)
            #expect(try connection.ask("GET", "/health").status == 200, "the daemon lives, and so does the connection")
        }
    }

    @Test func aBodyThatIsTooLargeIs413() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, environment: ["RBEE_HTTP_BODY_BYTES": "1024"])
            #expect(try daemon.ask("POST", "/v1/use", String(repeating: "x", count: 1024)).status == 200)
            #expect(try daemon.ask("POST", "/v1/use", String(repeating: "x", count: 1025)).status == 413)
            let lease = try daemon.ask("POST", "/v1/leases", String(repeating: "x", count: 1000))
            #expect(lease.status == 400)
        }
    }

    @Test func overTCPChangesNeedTheToken() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let connection = try daemon.tcp()
            let token = try daemon.token
            for path in ["/v1/ping", "/v1/shutdown", "/v1/leases", "/v1/use", "/v1/jobs"] {
                let missing = try connection.ask("POST", path, "{}")
                #expect(missing.status == 401 && missing.errorCode == "unauthorized" && missing.headers["www-authenticate"] == "Bearer")
                #expect(try connection.ask("POST", path, "{}", headers: bearer("wrong")).status == 401)
            }
            #expect(try connection.ask("PUT", "/v1/ttl", #"{"ttl_secs":1}"#).status == 401)
            #expect(try connection.ask("POST", "/v1/ping", headers: bearer(token)).status == 200)
            #expect(try connection.ask("GET", "/v1/look").status == 200)
            #expect(try connection.ask("POST", "/v1/chat/completions", "{}").status == 200)
            #expect(try daemon.ask("POST", "/v1/ping").status == 200, "on the control socket the kernel says who asks")
            #expect(daemon.isRunning)
            #expect(!String(decoding: home.contents("logs/worker-a.log") ?? [], as: UTF8.self).contains(token))
        }
    }

    @Test func hostsAndOriginsThatAreNotOursAreRefused() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, environment: ["RBEE_HTTP_ORIGINS": "https://app.example.org"])
            let connection = try daemon.tcp()
            let host = try connection.ask("GET", "/health", headers: ["Host: evil.example"])
            #expect(host.status == 403 && host.errorCode == "host_not_allowed")
            let origin = try connection.ask("GET", "/health", headers: ["Origin: https://evil.example"])
            #expect(
                origin.status == 403 && origin.errorCode == "origin_not_allowed" && origin.headers["access-control-allow-origin"] == nil)
            for good in ["http://localhost:3000", "https://app.example.org"] {
                let response = try connection.ask("GET", "/health", headers: ["Origin: \(good)"])
                #expect(response.status == 200 && response.headers["access-control-allow-origin"] == good)
            }
            #expect(try connection.ask("GET", "/nope", headers: ["Host: evil.example"]).status == 403)
            #expect(try connection.ask("GET", "/health", headers: ["Host: 127.0.0.1:1"]).status == 200)
        }
    }

    @Test func configuredKeysAreAskedForInOpenAIsShape() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, environment: ["RBEE_API_KEYS": "key-one,key-two"])
            let connection = try daemon.tcp()
            let missing = try connection.ask("POST", "/v1/chat/completions", "{}")
            #expect(missing.status == 401)
            #expect(try missing.decode(OpenAIError.self).type == "invalid_request_error")
            #expect(try connection.ask("POST", "/v1/chat/completions", "{}", headers: bearer("key-x")).status == 401)
            #expect(try connection.ask("POST", "/v1/chat/completions", "{}", headers: bearer("key-two")).status == 200)
            #expect(try connection.ask("GET", "/v1/look").status == 401)
            #expect(try connection.ask("GET", "/health").status == 200)
            #expect(try daemon.ask("POST", "/v1/chat/completions", "{}").status == 200)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can be another user"))
    func anotherUserNeedsTheTokenEvenToLook() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let port = try #require(try daemon.record.port)
            func ask(_ header: String) throws -> String {
                let script = "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '%b' \"$1\" >&3; cat <&3"
                let request = "GET /v1/look HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\(header)\\r\\n"
                return try runToEnd(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", script, "ask", request])
            }
            #expect(try ask("").hasPrefix("HTTP/1.1 403"))
            #expect(try ask("").contains("other_user"))
            #expect(try ask("Authorization: Bearer \(try daemon.token)\\r\\n").hasPrefix("HTTP/1.1 200"))
            #expect(try daemon.askTCP("GET", "/v1/look").status == 200)
        }
    }

    @Test func leasesAreTakenListedRenewedAndGivenBack() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let connection = try daemon.control()
            let taken = try connection.ask("POST", "/v1/leases", #"{"holder":"keeper","duration_secs":60}"#)
            #expect(taken.status == 201)
            let lease = try taken.decode(Lease.self)
            #expect(lease.holder == "keeper" && lease.durationSecs == 60)
            #expect(try connection.ask("GET", "/v1/leases").decode(LeaseList.self).leases.map(\.id) == [lease.id])
            let renewed = try connection.ask("PUT", "/v1/leases/\(lease.id)", #"{"duration_secs":90}"#)
            #expect(try renewed.status == 200 && renewed.decode(Lease.self).durationSecs == 90)
            #expect(try connection.ask("PUT", "/v1/leases/\(lease.id)").decode(Lease.self).durationSecs == 90)
            #expect(try connection.ask("DELETE", "/v1/leases/\(lease.id)").status == 204)
            #expect(try connection.ask("DELETE", "/v1/leases/\(lease.id)").status == 404)
            #expect(try connection.ask("PUT", "/v1/leases/\(lease.id)").status == 404)
            for bad in [
                #"{"holder":"","duration_secs":60}"#, #"{"holder":"k","duration_secs":0}"#, #"{"holder":"k","duration_secs":1e9}"#, "{}",
            ] {
                #expect(try connection.ask("POST", "/v1/leases", bad).status == 400, "\(bad)")
            }
        }
    }

    @Test func theTTLIsSetAndWrittenDown() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home, "a", ["--ttl", "1h"])
            #expect(try daemon.ask("PUT", "/v1/ttl", #"{"ttl_secs":7200}"#).decode(PingReply.self).ttlRemainingSecs == nil)
            #expect(try daemon.record.ttlSecs == 7200)
            #expect(try daemon.ask("GET", "/v1/stats").decode(DaemonStats.self).ttlSecs == 7200)
            #expect(try daemon.ask("PUT", "/v1/ttl", #"{"ttl_secs":-1}"#).status == 400)
        }
    }

    @Test func healthSaysHowTheServiceIs() async throws {
        try await onOwnThread { [home] in
            let degraded = try TestDaemonProcess.ready(home, "a", ["--degraded", "disk nearly full"])
            let response = try degraded.ask("GET", "/health")
            #expect(try response.status == 200 && response.decode(HealthStatus.self) == .degraded(reason: "disk nearly full"))
            let unhealthy = try TestDaemonProcess.ready(home, "b", ["--unhealthy", "no model"])
            let other = try unhealthy.ask("GET", "/health")
            #expect(try other.status == 503 && other.decode(HealthStatus.self) == .unhealthy(reason: "no model"))
        }
    }

    @Test func jobsAreMadeStreamedListedAndCancelled() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let connection = try daemon.control()
            let made = try connection.ask("POST", "/v1/jobs", #"{"operation":"status"}"#).decode(JobResponse.self)
            #expect(made.sseURL == "/v1/jobs/\(made.jobID)/stream")
            let stream = try connection.ask("GET", made.sseURL)
            #expect(stream.headers["content-type"] == "text/event-stream")
            let events = stream.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
            #expect(events.count == 3)
            #expect(events[0].contains("event: narration") && events[0].contains(made.jobID))
            #expect(events[1] == "event: result\nid: 2\ndata: {\"status\":\"fine\"}" || events[1].contains("{\"status\":\"fine\"}"))
            #expect(events[2].contains("data: [DONE]") && !events[2].contains("event:"))
            let again = try connection.ask("GET", made.sseURL, headers: ["Last-Event-ID: 2"])
            #expect(again.text.components(separatedBy: "\n\n").filter { !$0.isEmpty } == [events[2]])
            #expect(try connection.ask("GET", "/v1/jobs/\(made.jobID)").decode(JobInfo.self).status == "completed")
            #expect(try connection.ask("GET", "/v1/jobs").text.contains(made.jobID))
            let late = try connection.ask("DELETE", "/v1/jobs/\(made.jobID)")
            #expect(late.status == 409 && late.errorCode == "already_ended")
            #expect(try connection.ask("DELETE", "/v1/jobs/job-0").status == 404)
            #expect(try connection.ask("POST", "/v1/jobs", #"{"operation":"no_such"}"#).status == 400)
            #expect(try connection.ask("POST", "/v1/jobs", "[").status == 400)

            let failing = try connection.ask("POST", "/v1/jobs", #"{"operation":"queen_check"}"#).decode(JobResponse.self)
            #expect(try connection.ask("GET", failing.sseURL).text.contains("data: [ERROR] told to fail\n\n"))
        }
    }

    @Test func aJobGoesOnWithoutItsReaderUntilItIsCancelled() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            let made = try daemon.ask("POST", "/v1/jobs", #"{"operation":"model_list","hive_id":"localhost"}"#).decode(JobResponse.self)
            do {
                let reader = try daemon.control()
                try reader.request("GET", made.sseURL)
                #expect(try reader.head().status == 200)
                _ = try reader.chunk()
            }
            let reader = try daemon.control()
            try reader.request("GET", made.sseURL)
            #expect(try reader.head().status == 200)
            #expect(try daemon.ask("GET", "/v1/jobs/\(made.jobID)").decode(JobInfo.self).status == "running")
            #expect(try daemon.ask("DELETE", "/v1/jobs/\(made.jobID)").decode(JobInfo.self).status == "cancelled")
            var text = ""
            while let chunk = try reader.chunk() { text += String(decoding: chunk, as: UTF8.self) }
            #expect(text.hasSuffix("data: [CANCELLED]\n\n"))
        }
    }

    @Test func manyConnectionsAndRequestsLeaveNothingBehind() async throws {
        try await onOwnThread { [home] in
            let daemon = try TestDaemonProcess.ready(home)
            func round() throws -> DaemonStats {
                for _ in 0..<50 {
                    let (control, tcp) = (try daemon.control(), try daemon.tcp())
                    for _ in 0..<5 {
                        #expect(try control.ask("POST", "/v1/use", "{}").status == 200)
                        #expect(try tcp.ask("GET", "/v1/look").status == 200)
                    }
                }
                let watch = try daemon.control()
                while true {
                    // The connections closed on our side are closed there a moment later: each answer is an event to look after.
                    let stats = try watch.ask("GET", "/v1/stats").decode(DaemonStats.self)
                    if stats.connections == 1 { return stats }
                }
            }
            _ = try round()
            let second = try round()
            let third = try round()
            #expect(third.descriptors <= second.descriptors && third.threads <= second.threads)
            #expect(third.rssBytes <= second.rssBytes + (1 << 20))
            #expect(third.requests >= second.requests + 500)
        }
    }
}
