import Testing

@testable import Configuration

/// Daemons that other machines reach while nobody is asked for a key: said, and no reason not to start.
@Suite struct ExposureTests {
    private func problems(_ environment: [String: String], _ file: String = "") -> [ConfigurationProblem] {
        let (configuration, problems) = Configuration.load(bytes: Array(file.utf8), path: "/c", environment: environment)
        #expect(problems.isEmpty)
        return configuration.exposures
    }

    @Test("An address beyond this machine without keys is a warning that names it", arguments: ["0.0.0.0", "::", "192.168.1.5", "box.lan"])
    func exposed(_ host: String) {
        let fromEnvironment = problems(["RBEE_QUEEN_HOST": host])
        #expect(fromEnvironment.map(\.kind) == [.exposed] && fromEnvironment.allSatisfy(\.kind.isWarning))
        #expect(fromEnvironment.first?.description.hasPrefix("RBEE_QUEEN_HOST: queen.host: \(host) is reached from other machines") == true)
        let fromFile = problems([:], "\nhive:\n  host: '\(host)'\nworker.host: '\(host)'\n")
        #expect(fromFile.map(\.key) == ["hive.host", "worker.host"])
        #expect(fromFile.first?.description.hasPrefix("/c:3: hive.host: ") == true)
        #expect(problems(["RBEE_QUEEN_HOST": host, "RBEE_API_KEYS": "k"]).isEmpty)
        #expect(problems(["RBEE_QUEEN_HOST": host], "api_keys: [a]\n").isEmpty)
    }

    @Test("The loopback is nobody else's", arguments: ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]"])
    func alone(_ host: String) {
        #expect(problems(["RBEE_QUEEN_HOST": host, "RBEE_HIVE_HOST": host]).isEmpty)
        #expect(problems([:]).isEmpty)
        #expect(Configuration.load(file: nil, environment: ["RBEE_QUEEN_HOST": "0.0.0.0"]).1.map(\.kind) == [.exposed])
    }
}
