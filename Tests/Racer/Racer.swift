import DaemonContract
import DaemonLifecycle
import Glibc

/// Ensures once and says how it went.
struct Racer: Sendable {
    private enum Descriptor {
        static let arrivals: Int32 = 3
        static let gate: Int32 = 4
        static let end: Int32 = 5
    }

    private let plan: RacerPlan

    init(_ plan: RacerPlan) {
        self.plan = plan
    }

    func run() async {
        var result = RacerResult()
        do {
            let lifecycle = try plan.lifecycle()
            plan.limitDescriptors()
            pass(Descriptor.gate)
            result.begun = Self.now()
            let used = Self.used()
            let handle = try await lifecycle.ensure()
            result.served = Self.now()
            result.used = Self.used() - used
            result.startedByUs = handle.shouldCleanup
            result.baseURL = handle.baseURL
            pass(Descriptor.end)
            let info = try await lifecycle.info()
            result.nonce = info.nonce
            result.pid = info.pid
        } catch {
            if result.served == 0 { result.failed = Self.now() }
            let failure = error as? LifecycleError
            result.code = failure.map { "\($0.code)" } ?? "other"
            result.message = "\(failure?.message ?? "\(error)")"
            result.end = failure?.end.map { "\($0)" }
            result.output = failure?.output
            if result.served == 0 { pass(Descriptor.end) }
        }
        let line = (try? ContractJSON.encodeText(result)) ?? "{}"
        let bytes = Array("\(line)\n".utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
        while plan.stays { pause() }
    }

    /// Says that it has come to a gate, and waits until it opens: until nobody holds the other end.
    private func pass(_ gate: Int32) {
        var byte: UInt8 = 1
        guard fcntl(gate, F_GETFD) >= 0 else { return }
        _ = write(Descriptor.arrivals, &byte, 1)
        while read(gate, &byte, 1) > 0 {}
    }

    private static func now() -> Int64 { time(of: CLOCK_MONOTONIC) }

    /// What this process has had of the processors.
    private static func used() -> Int64 { time(of: CLOCK_PROCESS_CPUTIME_ID) }

    private static func time(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// What a racer prints. Times are nanoseconds of the monotonic clock; 0: it did not come to that.
struct RacerResult: Codable, Sendable {
    var begun: Int64 = 0
    var served: Int64 = 0
    var failed: Int64 = 0
    /// How much of a processor it used from its beginning until it was served.
    var used: Int64 = 0
    var startedByUs = false
    var baseURL = ""
    var nonce = ""
    var pid: Int32 = 0
    var code: String?
    var message: String?
    var end: String?
    var output: String?
}
