internal import DaemonContract
internal import EventLoop
internal import Glibc
internal import Platform

/// Many processes that ensure one daemon at the same moment.
package final class Race: Sendable {
    /// What one of them said. Times are nanoseconds of the monotonic clock; 0: it did not come to that.
    package struct Result: Decodable, Sendable {
        package var begun: Int64
        package var served: Int64
        package var failed: Int64
        /// How much of a processor it used until it was served.
        package var used: Int64
        package var startedByUs: Bool
        package var baseURL: String
        package var nonce: String
        package var pid: Int32
        package var code: String?
        package var message: String?
        package var end: String?
        package var output: String?
    }

    private let racers: [StartedProgram]
    private let arrivals: Descriptor
    private let gate: Descriptor
    private let end: Descriptor

    /// Starts the racers, which wait at the gate.
    ///
    /// - Parameters:
    ///   - options: what each is told about itself.
    ///   - daemon: the arguments of the daemon.
    ///   - program: the daemon's program.
    package init(
        _ count: Int, in home: TestHome, options: [String] = [], daemon: [String] = [], program: String = TestHome.hostileProgram,
        name: String = "racer"
    ) throws {
        let (arrivals, arrived) = try Descriptor.pipe()
        let (gateHeld, gate) = try Descriptor.pipe()
        let (endHeld, end) = try Descriptor.pipe()
        try arrivals.setNonBlocking(true)
        (self.arrivals, self.gate, self.end) = (arrivals, gate, end)
        racers = try (0..<count).map { number in
            var plan = StartedProgram.Plan(
                "\(TestHome.binaries)/rbee-racer",
                ["--home", home.path, "--program", program, "--owner", "\(name)-\(number)"] + options + ["--"] + daemon,
                environment: ["PATH": "/usr/bin:/bin", "HOME": home.path, "RBEE_HOME": home.path])
            plan.descriptors = [(arrived.rawValue, 3), (gateHeld.rawValue, 4), (endHeld.rawValue, 5)]
            return try StartedProgram(plan, output: "\(home.path)/\(name)-\(number).out")
        }
    }

    /// Waits until all have come to the gate.
    package func gathered() async throws {
        try await arrive(racers.count)
    }

    /// Opens the gate.
    package func go() {
        gate.close()
    }

    /// Waits until all were served or failed, and reads what they say. The times were taken before the first of them asks for anything else.
    package func results() async throws -> [Result] {
        try await arrive(racers.count)
        end.close()
        var results: [Result] = []
        for racer in racers {
            let how = try await racer.ended()
            guard how == .exit(0), let result = try? ContractJSON.decode(Result.self, text: racer.output) else {
                throw TestDaemon.Failure("a racer ended with \(how): \(racer.output)")
            }
            results.append(result)
        }
        return results
    }

    /// The racers' processes, in their order.
    package var processes: [StartedProgram] { racers }

    private func arrive(_ count: Int) async throws {
        var missing = count
        while missing > 0 {
            let arrivals = arrivals
            try await EventLoop.shared.withDeadline(.seconds(120)) { try await EventLoop.shared.readable(arrivals.rawValue) }
            missing -= try arrivals.read(upTo: missing)?.count ?? 0
        }
    }
}

extension Race {
    /// How long after it could have been served each one was, in milliseconds, shortest first.
    ///
    /// - Parameter ready: when the daemon was, for those that began before.
    package static func lateness(_ results: [Result], ready: Int64 = 0) -> [Double] {
        results.map { Double($0.served - max($0.begun, ready)) / 1_000_000 }.sorted()
    }
}
