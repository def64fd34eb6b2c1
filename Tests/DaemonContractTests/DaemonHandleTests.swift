import DaemonContract
import Testing

@Suite("Daemon handles")
struct DaemonHandleTests {
    @Test("A daemon found running is not ours to clean up")
    func alreadyRunning() {
        let handle = DaemonHandle.alreadyRunning(daemonName: "queen-rbee", baseURL: "http://localhost:7833")
        #expect(!handle.shouldCleanup)
        #expect(handle.daemonName == "queen-rbee")
        #expect(handle.baseURL == "http://localhost:7833")
        #expect(handle.pid == nil)
    }

    @Test("A daemon we started is ours to clean up, even with an unknown process id", arguments: [12345, nil] as [UInt32?])
    func startedByUs(pid: UInt32?) {
        let handle = DaemonHandle.startedByUs(daemonName: "rbee-hive", baseURL: "http://localhost:7835", pid: pid)
        #expect(handle.shouldCleanup)
        #expect(handle.pid == pid)
    }

    @Test("A discovered URL replaces the URL and nothing else")
    func discovered() {
        let started = DaemonHandle.startedByUs(daemonName: "rbee-hive", baseURL: "http://localhost:0", pid: 7)
        let found = started.withDiscoveredURL("http://127.0.0.1:41000")
        #expect(found == .startedByUs(daemonName: "rbee-hive", baseURL: "http://127.0.0.1:41000", pid: 7))
        let other = DaemonHandle.alreadyRunning(daemonName: "q", baseURL: "http://a:1").withDiscoveredURL("http://b:2")
        #expect(other == .alreadyRunning(daemonName: "q", baseURL: "http://b:2"))
    }

    @Test("Shutting a handle down leaves everything as it is")
    func shutdown() {
        let handle: QueenHandle = DaemonHandle.startedByUs(daemonName: "q", baseURL: "http://a:1")
        handle.shutdown()
        #expect(handle.shouldCleanup)
    }

    @Test("Aliases are the same type")
    func aliases() {
        let handles: [DaemonHandle] = [
            QueenHandle.alreadyRunning(daemonName: "q", baseURL: "u"), HiveHandle.alreadyRunning(daemonName: "h", baseURL: "u"),
            WorkerHandle.alreadyRunning(daemonName: "w", baseURL: "u"),
        ]
        #expect(handles.count == 3)
    }

    @Test(
        "A process id no process could have is none",
        arguments: [(0, nil), (1, 1), (2_147_483_647, .max), (2_147_483_648, nil)] as [(UInt32, Int32?)])
    func processID(pid: UInt32, expected: Int32?) {
        #expect(DaemonHandle.startedByUs(daemonName: "q", baseURL: "u", pid: pid).processID == expected)
    }

    @Test("Bytes on the wire")
    func bytes() throws {
        let handle = DaemonHandle.startedByUs(daemonName: "rbee-hive", baseURL: "http://localhost:7835", pid: 12345)
        #expect(
            try ContractJSON.encodeText(handle)
                == #"{"base_url":"http://localhost:7835","daemon_name":"rbee-hive","pid":12345,"started_by_us":true}"#)
    }
}
