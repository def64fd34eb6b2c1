import DaemonContract
import DaemonHarness
import OperationContract

/// A queen that starts nothing by herself, with workers that the test plays.
enum Hiveless {
    static func with(
        environment: [String: String] = [:], configuration: String? = nil, _ body: (TestDaemon, TestHome) async throws -> Void
    ) async throws {
        try await TestHome.with(
            environment: ["RBEE_QUEEN_AUTOSTART_HIVE": "false"].merging(environment) { $1 }, configuration: configuration
        ) { home in
            try await body(try await home.queen(), home)
        }
    }
}

extension TestAnswer {
    /// The text of a chat's whole answer.
    var said: String? { (try? decode(ChatCompletion.self))?.choices.first?.message.content }
}
