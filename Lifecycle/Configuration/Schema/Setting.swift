/// A key of the configuration: its name, what its value must be, what it is without one, and what it is for.
package struct ConfigurationKey: Hashable, Sendable {
    /// The name, its parts separated by dots (`queen.port`).
    package let name: String
    /// What its value must be.
    package let type: ConfigurationType
    /// The value if nobody gives one.
    package let defaultValue: ConfigurationValue
    /// What it is for, in one sentence.
    package let help: String

    /// Whether its value is for nobody's eyes: messages and lists do not show it.
    package var isSecret: Bool { name == Settings.apiKeys.key.name }

    /// The environment variable that sets it: `RBEE_QUEEN_PORT` for `queen.port`.
    package var environmentName: String {
        "RBEE_" + name.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }
}

/// A key together with the type its value has in code.
package struct Setting<Value: SettingValue>: Hashable, Sendable {
    /// The key.
    package let key: ConfigurationKey
    /// The value if nobody gives one.
    package let defaultValue: Value

    init(_ name: String, _ type: ConfigurationType, _ defaultValue: Value, _ help: String) {
        key = ConfigurationKey(name: name, type: type, defaultValue: defaultValue.configurationValue, help: help)
        self.defaultValue = defaultValue
    }
}
