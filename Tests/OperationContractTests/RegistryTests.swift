import DaemonContract
import OperationContract
import Testing

@Suite("Heartbeats and registry records")
struct RegistryTests {
    private let worker = WorkerInfo(
        id: "w", modelID: "m", device: "cpu", port: 9001, status: .ready, implementation: "builtin", version: "0.1.0")
    private let hive = HiveInfo(
        id: "localhost", hostname: "box", port: 7835, operationalStatus: .ready, healthStatus: .healthy, version: "0.1.0")
    private let time = HeartbeatTimestamp(unixMilliseconds: 1_761_523_200_000)
    private let workerJSON =
        #""worker":{"device":"cpu","id":"w","implementation":"builtin","model_id":"m","port":9001,"status":"ready","version":"0.1.0"}"#
    private let hiveJSON =
        #""hive":{"health_status":{"status":"healthy"},"hostname":"box","id":"localhost","operational_status":"ready","#
        + #""port":7835,"version":"0.1.0"}"#

    @Test("Status: who takes requests, who has ended")
    func status() throws {
        let table: [(OperationalStatus, takes: Bool, stopped: Bool)] = [
            (.starting, false, false), (.ready, true, false), (.busy, true, false), (.stopping, false, true), (.stopped, false, true),
            (.unknown("resting"), false, false),
        ]
        for (status, takes, stopped) in table {
            #expect(status.takesRequests == takes)
            #expect(status.isStopped == stopped)
            #expect(try ContractJSON.decode(OperationalStatus.self, from: ContractJSON.encode(status)) == status)
        }
        #expect(OperationalStatus.known.map(\.rawValue) == ["starting", "ready", "busy", "stopping", "stopped"])
    }

    @Test("Recent is strictly less than ninety seconds by receive time")
    func recency() {
        let table: [(Duration, Bool)] = [
            (.zero, true), (.seconds(89), true), (.milliseconds(89_999), true), (.nanoseconds(89_999_999_999), true), (.seconds(90), false),
            (.seconds(91), false), (.seconds(-5), true),
        ]
        for (age, recent) in table {
            #expect(HeartbeatTiming.isRecent(age: age) == recent)
            #expect((HeartbeatTiming.remaining(age: age) > .zero) == recent)
        }
        #expect(HeartbeatTiming.interval * 3 == HeartbeatTiming.timeout)
    }

    @Test("Heartbeats on the wire")
    func heartbeats() throws {
        try checkWire(
            WorkerHeartbeat(worker: worker, timestamp: time), #"{"timestamp":"2025-10-27T00:00:00.000Z",\#(workerJSON)}"#)
        try checkWire(
            HiveHeartbeat(hive: hive, timestamp: time), #"{\#(hiveJSON),"timestamp":"2025-10-27T00:00:00.000Z","workers":[]}"#)
        let old = try ContractJSON.decode(HiveHeartbeat.self, text: #"{\#(hiveJSON),"timestamp":"2025-10-27T00:00:00Z"}"#)
        #expect(old == HiveHeartbeat(hive: hive, timestamp: time))
        try checkWire(HeartbeatAck(), #"{"message":null,"status":"ok"}"#)
        try checkWire(HeartbeatAck(status: "error", message: "m"), #"{"message":"m","status":"error"}"#)
        #expect(try ContractJSON.decode(HeartbeatAck.self, text: #"{"status":"ok"}"#) == HeartbeatAck())
    }

    @Test("Later fields of a worker")
    func laterFields() throws {
        var later = worker
        later.baseURL = "http://127.0.0.1:9001"
        later.socket = "/s"
        later.hiveID = "localhost"
        later.inFlight = 1
        later.lastUsedSecsAgo = 0.5
        try checkWire(
            later,
            #"{"base_url":"http://127.0.0.1:9001","device":"cpu","hive_id":"localhost","id":"w","implementation":"builtin","in_flight":1,"#
                + #""last_used_secs_ago":0.5,"model_id":"m","port":9001,"socket":"/s","status":"ready","version":"0.1.0"}"#)
        #expect(later.url == "http://127.0.0.1:9001")
        #expect(worker.url == "http://localhost:9001")
        #expect(hive.url == "http://box:7835")
    }

    @Test("A hive is available or ready by both its words")
    func hiveWords() {
        let healths: [HealthStatus] = [.healthy, .degraded(reason: "r"), .unhealthy(reason: "r")]
        for status in OperationalStatus.known {
            for health in healths {
                var hive = hive
                hive.operationalStatus = status
                hive.healthStatus = health
                #expect(hive.isAvailable == ((status == .ready || status == .busy) && health != .unhealthy(reason: "r")))
                #expect(hive.isReady == (status == .ready && health == .healthy))
            }
        }
    }

    @Test("Events of the heartbeat stream")
    func events() throws {
        try checkWire(
            HeartbeatEvent.queen(
                QueenHeartbeat(
                    workersOnline: 2, workersAvailable: 1, hivesOnline: 1, hivesAvailable: 1, workerIDs: ["a", "b"], hiveIDs: ["h"],
                    timestamp: time)),
            #"{"hive_ids":["h"],"hives_available":1,"hives_online":1,"timestamp":"2025-10-27T00:00:00.000Z","type":"queen","#
                + #""worker_ids":["a","b"],"workers_available":1,"workers_online":2}"#)
        try checkWire(
            HeartbeatEvent.worker(WorkerHeartbeat(worker: worker, timestamp: time)),
            #"{"timestamp":"2025-10-27T00:00:00.000Z","type":"worker",\#(workerJSON)}"#)
        try checkWire(
            HeartbeatEvent.hive(HiveHeartbeat(hive: hive, timestamp: time)),
            #"{\#(hiveJSON),"timestamp":"2025-10-27T00:00:00.000Z","type":"hive","workers":[]}"#)
        #expect(try ContractJSON.decode(HeartbeatEvent.self, text: #"{"type":"later","x":1}"#) == .unknown(type: "later"))
    }

    @Test("Devices and processes")
    func devices() throws {
        try checkWire(
            HiveCapabilities(devices: [HiveDevice(id: "CPU-0", name: "cpu", deviceType: "cpu", vramGB: 16)]),
            #"{"devices":[{"compute_capability":null,"device_type":"cpu","id":"CPU-0","name":"cpu","vram_gb":16}]}"#)
        try checkWire(
            ProcessStats(pid: 1, group: "worker", instance: "w", cpuPercent: 1.5, rssMB: 2),
            #"{"cpu_pct":1.5,"gpu_util_pct":0,"group":"worker","instance":"w","io_r_mb_s":0,"io_w_mb_s":0,"pid":1,"rss_mb":2,"#
                + #""total_vram_mb":0,"uptime_s":0,"vram_mb":0}"#)
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "Times and their text",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_761_523_200_123, "2025-10-27T00:00:00.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
        ] as [(Int64, String)])
    func both(milliseconds: Int64, text: String) {
        #expect(HeartbeatTimestamp(unixMilliseconds: milliseconds).text == text)
        #expect(HeartbeatTimestamp(text)?.unixMilliseconds == milliseconds)
    }

    @Test("Days of four centuries come back, of a leap year every one")
    func everyDay() {
        // Eleven days apart, every date of the year is met in some year.
        let centuries = stride(from: -141_428, to: 146_097 - 141_428, by: 11)
        for day in Array(centuries) + Array(10_957..<11_323) {
            let time = HeartbeatTimestamp(unixMilliseconds: Int64(day) * 86_400_000 + 43_200_001)
            guard HeartbeatTimestamp(time.text) == time else {
                Issue.record("day \(day) is written \(time.text)")
                return
            }
        }
    }

    @Test(
        "Other spellings of the same time",
        arguments: [
            "2025-10-27T00:00:00Z", "2025-10-27t00:00:00z", "2025-10-27 00:00:00Z", "2025-10-27T00:00:00.0Z",
            "2025-10-27T00:00:00.000000000Z",
            "2025-10-27T02:00:00+02:00", "2025-10-26T18:30:00-05:30", "2025-10-26T23:59:60Z",
        ])
    func spellings(text: String) {
        #expect(HeartbeatTimestamp(text)?.unixMilliseconds == 1_761_523_200_000)
    }

    @Test("Decimals beyond milliseconds are cut")
    func decimals() {
        #expect(HeartbeatTimestamp("1970-01-01T00:00:00.1239999Z")?.unixMilliseconds == 123)
        #expect(HeartbeatTimestamp("1970-01-01T00:00:00.5Z")?.unixMilliseconds == 500)
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "2025-10-27", "2025-10-27T00:00:00", "2025-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2025-00-01T00:00:00Z",
            "2025-01-00T00:00:00Z", "2025-10-27T24:00:00Z", "2025-10-27T00:60:00Z", "2025-10-27T00:00:61Z", "2025-10-27T00:00:00.Z",
            "2025-10-27T00:00:00+2:00", "2025-10-27T00:00:00Zx", "99999-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "٢٠٢٥-10-27T00:00:00Z",
            "2025-10-27T00:00:00.0000000000000000000Z", "2025-10-27T00:00:00+24:00",
        ])
    func refused(text: String) {
        #expect(HeartbeatTimestamp(text) == nil)
        #expect {
            try ContractJSON.decode([HeartbeatTimestamp].self, from: ContractJSON.encode([text]))
        } throws: {
            ($0 as? ContractError)?.path == "[0]" && ($0 as? ContractError)?.code == .invalidValue
        }
    }

    @Test("Times that RFC 3339 cannot write are held at its bounds and never trap")
    func bounds() {
        #expect(HeartbeatTimestamp(unixMilliseconds: .max).text == "9999-12-31T23:59:59.999Z")
        #expect(HeartbeatTimestamp(unixMilliseconds: .min).text == "0000-01-01T00:00:00.000Z")
    }
}
