import DaemonContract
import Testing

@Suite("Records, info, stats and leases on the wire")
struct RecordTests {
    private let nonce = "0123456789abcdef0123456789abcdef"

    /// Checks that a value is written exactly so, and read back as the same.
    private func check<Value: Codable & Hashable>(_ value: Value, _ json: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        #expect(try ContractJSON.encodeText(value) == json, sourceLocation: sourceLocation)
        #expect(try ContractJSON.decode(Value.self, text: json) == value, sourceLocation: sourceLocation)
    }

    @Test("Info")
    func info() throws {
        try check(
            DaemonInfo(
                name: "queen-rbee", kind: .queen, instance: "default", nonce: nonce, pid: 42, version: "0.1.0", buildID: "ab",
                baseURL: "http://127.0.0.1:7833", port: 7833, socket: "/run/q.sock", owner: "keeper", startedAt: 1_761_523_200),
            #"{"base_url":"http://127.0.0.1:7833","build_id":"ab","instance":"default","kind":"queen","name":"queen-rbee","#
                + #""nonce":"0123456789abcdef0123456789abcdef","owner":"keeper","pid":42,"port":7833,"protocol":1,"#
                + #""socket":"/run/q.sock","started_at":1761523200,"version":"0.1.0"}"#)
        try check(
            DaemonInfo(name: "n", kind: .context, instance: "i", nonce: "0", pid: 2, version: "v", buildID: "b", startedAt: 0),
            #"{"build_id":"b","instance":"i","kind":"context","name":"n","nonce":"0","pid":2,"protocol":1,"started_at":0,"version":"v"}"#)
    }

    @Test("What answers without saying who it is, is nobody of ours")
    func foreignInfo() {
        #expect {
            try ContractJSON.decode(DaemonInfo.self, text: #"{"base_url":"http://localhost:7833","port":7833,"version":"1"}"#)
        } throws: {
            ($0 as? ContractError)?.code == .missingField
        }
    }

    @Test("A port or process id out of range is refused, with its path")
    func ranges() {
        let json =
            #"{"name":"n","kind":"queen","instance":"i","nonce":"0","pid":PID,"version":"v","build_id":"b","protocol":1,"started_at":0,"port":PORT}"#
        for (pid, port, path) in [("1", "65536", "port"), ("1", "-1", "port"), ("4294967296", "1", "pid"), ("1.5", "1", "pid")] {
            let text = json.replacing("PID", with: pid).replacing("PORT", with: port)
            #expect {
                try ContractJSON.decode(DaemonInfo.self, text: text)
            } throws: {
                ($0 as? ContractError)?.path == path && ($0 as? ContractError)?.code == .invalidValue
            }
        }
    }

    @Test("Stats")
    func stats() throws {
        try check(
            DaemonStats(
                uptimeSecs: 5, requests: 6, inFlight: 1, connections: 2, ttlSecs: 300, ttlRemainingSecs: 12.5, leases: 3, rssBytes: 4096,
                pssBytes: 2048, descriptors: 9, threads: 4),
            #"{"connections":2,"descriptors":9,"in_flight":1,"leases":3,"pss_bytes":2048,"requests":6,"rss_bytes":4096,"threads":4,"#
                + #""ttl_remaining_secs":12.5,"ttl_secs":300,"uptime_secs":5}"#)
    }

    @Test("Record and last end")
    func record() throws {
        try check(
            DaemonRecord(
                kind: .worker, instance: "tiny-1", nonce: nonce, pid: 7, startTicks: 123, bootID: "boot", pidNamespace: 4_026_531_836,
                owner: "hive/localhost", state: .ready, baseURL: "http://127.0.0.1:4", port: 4, socket: "/s", version: "0.1.0",
                buildID: "b",
                ttlSecs: 0.5, graceMs: 10_000, startedAt: 9),
            #"{"base_url":"http://127.0.0.1:4","boot_id":"boot","build_id":"b","grace_ms":10000,"instance":"tiny-1","kind":"worker","#
                + #""nonce":"0123456789abcdef0123456789abcdef","owner":"hive/localhost","pid":7,"pid_ns":4026531836,"port":4,"#
                + #""protocol":1,"socket":"/s","start_ticks":123,"started_at":9,"state":"ready","ttl_secs":0.5,"version":"0.1.0"}"#)
        try check(
            LastEnd(nonce: nonce, pid: 7, exit: 71, output: "port 1 is taken\n", endedAt: 3),
            #"{"ended_at":3,"exit":71,"nonce":"0123456789abcdef0123456789abcdef","output":"port 1 is taken\n","pid":7}"#)
        try check(
            LastEnd(nonce: "n", pid: 7, signal: 9, output: "", endedAt: 3), #"{"ended_at":3,"nonce":"n","output":"","pid":7,"signal":9}"#)
        try check(
            LastEnd(nonce: "n", pid: 7, exit: 0, output: "", endedAt: 3, served: true),
            #"{"ended_at":3,"exit":0,"nonce":"n","output":"","pid":7,"served":true}"#)
    }

    @Test("Handle files, as intent and complete")
    func handleFile() throws {
        let intent = HandleFile(
            identity: .init(nonce: "n"), kind: .hive, instance: "localhost", owner: "keeper", intent: true, createdAt: 1)
        try check(
            intent,
            #"{"created_at":1,"identity":{"nonce":"n"},"instance":"localhost","intent":true,"kind":"hive","owner":"keeper"}"#)
        var complete = intent
        complete.intent = false
        complete.handle = .startedByUs(daemonName: "rbee-hive", baseURL: "http://a:1", pid: 5)
        complete.identity = .init(
            nonce: "n", pid: 5, startTicks: 6, bootID: "b", pidNamespace: 7, executable: .init(device: 8, inode: .max))
        try check(
            complete,
            #"{"created_at":1,"handle":{"base_url":"http://a:1","daemon_name":"rbee-hive","pid":5,"started_by_us":true},"#
                + #""identity":{"boot_id":"b","executable":{"device":8,"inode":18446744073709551615},"nonce":"n","pid":5,"pid_ns":7,"#
                + #""start_ticks":6},"instance":"localhost","intent":false,"kind":"hive","owner":"keeper"}"#)
    }

    @Test("Status rows")
    func rows() throws {
        try check(
            DaemonStatusList(daemons: [
                DaemonStatusRow(
                    kind: .queen, instance: "default", state: .ready, pid: 3, baseURL: "http://a:1", version: "0.1.0", uptimeSecs: 4,
                    owned: true, owner: "keeper"),
                DaemonStatusRow(kind: .hive, instance: "localhost", state: .failed, reason: "5 starts in 60 s"),
            ]),
            #"{"daemons":[{"base_url":"http://a:1","instance":"default","kind":"queen","owned":true,"owner":"keeper","pid":3,"#
                + #""state":"ready","uptime_secs":4,"version":"0.1.0"},{"instance":"localhost","kind":"hive","owned":false,"#
                + #""reason":"5 starts in 60 s","state":"failed"}]}"#)
    }

    @Test("Leases, pings, shutdown and errors")
    func small() throws {
        try check(
            Lease(id: "l1", holder: "editor", durationSecs: 60, expiresInSecs: 59.5),
            #"{"duration_secs":60,"expires_in_secs":59.5,"holder":"editor","id":"l1"}"#)
        try check(LeaseRequest(holder: "editor", durationSecs: 0.25), #"{"duration_secs":0.25,"holder":"editor"}"#)
        try check(LeaseRenewal(), "{}")
        try check(LeaseList(leases: []), #"{"leases":[]}"#)
        try check(PingReply(), #"{"status":"ok"}"#)
        try check(PingReply(ttlRemainingSecs: 300), #"{"status":"ok","ttl_remaining_secs":300}"#)
        try check(ShutdownRequest(), "{}")
        try check(ShutdownRequest(cascade: false, graceMs: 0), #"{"cascade":false,"grace_ms":0}"#)
        try check(ShutdownReply(), #"{"status":"draining"}"#)
        try check(ErrorBody(code: "not_found", message: "no such path"), #"{"error":{"code":"not_found","message":"no such path"}}"#)
    }

    @Test("Durations from the wire never trap")
    func durations() throws {
        #expect(try LeaseRequest(holder: "h", durationSecs: 1.5).duration() == .milliseconds(1500))
        #expect(try LeaseRenewal().duration() == nil)
        for seconds in [0, -1, 1e300, .infinity, .nan, WireSeconds.longest * 2] {
            #expect(throws: ContractError.self) { try LeaseRequest(holder: "h", durationSecs: seconds).duration() }
            #expect(throws: ContractError.self) { try LeaseRenewal(durationSecs: seconds).duration() }
        }
        #expect(WireSeconds.duration(0) == .zero)
        #expect(WireSeconds.seconds(.milliseconds(12_345)) == 12.345)
        #expect(WireSeconds.seconds(.milliseconds(-500)) == -0.5)
    }

    @Test("Errors name the field and what was expected there")
    func errors() {
        let cases: [(String, ContractError.Code, String?)] = [
            ("{", .malformedJSON, nil), (#"{"daemon_name":"q"}"#, .missingField, "pid"),
            (#"{"daemon_name":"q","pid":null}"#, .missingField, "pid"),
            (#"{"daemon_name":"q","pid":"1"}"#, .invalidValue, "pid"), (#"{"daemon_name":7,"pid":1}"#, .invalidValue, "daemon_name"),
        ]
        for (json, code, path) in cases {
            #expect {
                try ContractJSON.decode(ShutdownConfig.self, text: json)
            } throws: {
                let error = $0 as? ContractError
                return error?.code == code && (path == nil || error?.path == path) && error?.message.isEmpty == false
            }
        }
    }

    @Test("The number at fault is found among many")
    func numbers() {
        let good = (0..<50).map { #"{"id":"\#($0)","is_running":true,"metadata":\#($0)}"# }
        let row = #"{"kind":"hive","instance":"i","state":"ready","owned":true,"pid":PID,"uptime_secs":SECS}"#
        let rows = (1...20).map { row.replacing("PID", with: $0 == 13 ? "3000000000" : "\($0)").replacing("SECS", with: "7") }
        #expect {
            try ContractJSON.decode(DaemonStatusList.self, text: #"{"daemons":[\#(rows.joined(separator: ","))]}"#)
        } throws: {
            let error = $0 as? ContractError
            return error?.path == "daemons[12].pid" && error?.message.contains("3000000000") == true
        }
        #expect(throws: Never.self) {
            try ContractJSON.decode([StatusResponse].self, text: "[\(good.joined(separator: ","))]")
        }
        // Two at fault: one of them is named.
        #expect {
            try ContractJSON.decode([ShutdownConfig].self, text: #"[{"daemon_name":"a","pid":-1},{"daemon_name":"b","pid":0.5}]"#)
        } throws: {
            ($0 as? ContractError)?.path == "[1].pid"
        }
        // As many numbers as a document of that size can hold.
        #expect {
            try ContractJSON.decode([UInt8].self, text: "[\(String(repeating: "1,", count: 7_000))256]")
        } throws: {
            ($0 as? ContractError)?.path == "[7000]"
        }
        // Beyond the limit nothing is examined, and the document is still refused.
        let padding = String(repeating: "x", count: 17 * 1024)
        #expect {
            try ContractJSON.decode(ShutdownConfig.self, text: #"{"daemon_name":"\#(padding)","pid":-1}"#)
        } throws: {
            ($0 as? ContractError)?.code == .malformedJSON
        }
    }
}
