import DaemonContract
import KeeperCommands
import Platform
import Synchronization
import Testing

/// Runs command lines against doubles. Whatever a test did not give fails it when it is touched.
struct KeeperFixture {
    struct Outcome {
        let exit: ExitCode
        let output: String
        let errors: String
        var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
    }

    struct Untouchable: Error, CustomStringConvertible {
        let description: String
    }

    var daemons: FakeDaemons?
    var settings: FakeSettings?
    var installer: FakeInstaller?
    var probes: FakeProbes?
    var home: RbeeHome?
    var input: String?
    var clock: any KeeperClock = ManualClock()
    var environment: [String: String] = [:]
    var results = MemorySink()
    var narration = MemorySink()
    var interrupts = FakeInterrupts()

    func run(_ arguments: String...) async -> Outcome {
        await run(arguments)
    }

    func run(_ arguments: [String]) async -> Outcome {
        let fixture = self
        let keeper = Keeper(results: results, narration: narration, environment: environment) { table, arguments, environment, output in
            fixture.context(table, arguments, environment, output)
        }
        let exit = await keeper.run(arguments)
        return Outcome(exit: exit, output: results.text, errors: narration.text)
    }

    private func context(_ table: CommandTable, _ arguments: Arguments, _ environment: [String: String], _ output: Output) -> KeeperContext
    {
        let fixture = self
        @Sendable func given<Value>(_ value: Value?, _ name: String) throws -> Value {
            guard let value else {
                Issue.record("the command touched \(name), which this test does not expect")
                throw Untouchable(description: name)
            }
            return value
        }
        return KeeperContext(
            table: table, arguments: arguments, environment: environment, output: output, clock: clock, interrupts: interrupts,
            input: FakeInput(text: input),
            home: { try given(fixture.home, "the home") },
            settings: { try given(fixture.settings, "the configuration") },
            daemons: { try given(fixture.daemons, "the daemons") },
            installer: { try given(fixture.installer, "the installer") },
            probes: { try given(fixture.probes, "the machine") })
    }
}

struct FakeInput: TextSource {
    let text: String?

    func readToEnd() throws -> String {
        guard let text else { throw KeeperFixture.Untouchable(description: "standard input") }
        return text
    }
}

/// Ctrl-C, when a test says so.
final class FakeInterrupts: InterruptSource, Sendable {
    private struct State {
        var bodies: [Int: @Sendable (Int32) -> Void] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    func onInterrupt(_ body: @escaping @Sendable (Int32) -> Void) throws -> @Sendable () -> Void {
        let id = state.withLock { state in
            state.next += 1
            state.bodies[state.next] = body
            return state.next
        }
        return { [self] in _ = state.withLock { $0.bodies.removeValue(forKey: id) } }
    }

    /// Whether anybody listens now.
    var isWatched: Bool { state.withLock { !$0.bodies.isEmpty } }

    func interrupt(_ signal: Int32 = 2) {
        for body in state.withLock({ $0.bodies.values }) { body(signal) }
    }
}

final class FakeInstaller: BinaryInstaller, Sendable {
    let defaultDirectory = "/home/u/.local/bin"
    let configs = Mutex<[InstallConfig]>([])
    let removals = Mutex<[UninstallConfig]>([])
    let isInstalled: Bool

    init(isInstalled: Bool = true) {
        self.isInstalled = isInstalled
    }

    func install(_ config: InstallConfig) async throws -> InstallResult {
        configs.withLock { $0.append(config) }
        return InstallResult(
            binaryPath: "\(config.targetPath ?? defaultDirectory)/\(config.binaryName)", installTime: 1_760_000_000, foundInTarget: false)
    }

    func uninstall(_ config: UninstallConfig) async throws -> Bool {
        removals.withLock { $0.append(config) }
        return isInstalled
    }
}

struct FakeProbes: SystemProbes {
    var holders: [Int: PortOccupant] = [:]
    var version = "x 0.1.0"

    func holder(ofPort port: Int) throws -> PortOccupant? { holders[port] }
    func version(ofBinary path: String) async throws -> String { version }
}

final class FakeSettings: KeeperSettings, Sendable {
    let path = "/home/u/.config/rbee/config.yaml"
    let keys: [String]
    private let values: Mutex<[String: SettingEntry]>
    private let faults: [SettingProblem]

    init(problems: [SettingProblem] = [], model: String? = nil) {
        faults = problems
        keys = ["queen.port", "hive.port"] + (model == nil ? [] : ["worker.model"])
        values = Mutex([
            "queen.port": SettingEntry(key: "queen.port", value: "7833", source: "default", place: nil, summary: "the queen's TCP port"),
            "worker.model": SettingEntry(key: "worker.model", value: model ?? "", source: "file", place: nil, summary: "the model"),
            "hive.port": SettingEntry(
                key: "hive.port", value: "7900", source: "environment", place: "RBEE_HIVE_PORT", summary: "the hive's TCP port"),
        ])
    }

    func entries() throws -> [SettingEntry] { values.withLock { values in keys.compactMap { values[$0] } } }
    func entry(_ key: String) throws -> SettingEntry? { values.withLock { $0[key] } }
    func problems() -> [SettingProblem] { faults }

    func set(_ key: String, to text: String) throws {
        values.withLock { values in
            guard let old = values[key], old.source != "environment" else { return }
            values[key] = SettingEntry(key: key, value: text, source: "file", place: "\(path):1", summary: old.summary)
        }
    }
}
