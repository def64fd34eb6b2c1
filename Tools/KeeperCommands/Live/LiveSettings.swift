internal import Configuration
internal import DaemonContract
internal import Platform

/// The configuration of this machine's home.
struct LiveSettings: KeeperSettings {
    private let configuration: Configuration
    private let faults: [ConfigurationProblem]
    let path: String

    init(home: RbeeHome, environment: [String: String]) {
        path = home.configFile
        (configuration, faults) = Configuration.load(file: home.configFile, environment: environment)
    }

    var keys: [String] { Settings.all.map(\.name) }

    func entries() throws -> [SettingEntry] {
        configuration.entries.map { shown($0, $0.shownText) }
    }

    func entry(_ key: String) throws -> SettingEntry? {
        configuration.entry(named: key).map { shown($0, $0.text) }
    }

    func set(_ key: String, to text: String) throws {
        do {
            try ConfigurationFile.set(key, to: text, in: path)
        } catch {
            throw KeeperError(
                .configuration, "\(key) was not set: \(error.message)", next: ["rbee-keeper config get \(key)", "rbee-keeper config path"],
                exit: error.code == .badValue || error.code == .unknownKey ? .usage : .failed, underlying: error)
        }
    }

    func problems() -> [SettingProblem] {
        faults.map { SettingProblem($0.description, isWarning: $0.kind.isWarning) }
    }

    /// What other machines could do with a daemon of a kind: whoever starts it learns it here, and else only from its log.
    func exposures(of kind: DaemonKind) -> [String] {
        faults.filter { $0.kind == .exposed && $0.key?.hasPrefix("\(kind.rawValue).") == true }.map(\.description)
    }

    private func shown(_ entry: Configuration.Entry, _ value: String) -> SettingEntry {
        let (source, place): (String, String?) =
            switch entry.source {
            case .defaults: ("default", nil)
            case .file(let path, let line): ("file", "\(path):\(line)")
            case .environment(let name): ("environment", name)
            case .flag(let name): ("flag", "--\(name)")
            }
        return SettingEntry(key: entry.key.name, value: value, source: source, place: place, summary: entry.key.help)
    }
}
