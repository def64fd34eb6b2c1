/// A value as a key may hold it.
package enum ConfigurationValue: Hashable, Sendable {
    /// Nothing: the key has no value unless somebody gives it one.
    case absent
    /// A whole number: a port, a count, a number of bytes.
    case integer(Int)
    /// Yes or no.
    case boolean(Bool)
    /// A duration.
    case duration(Duration)
    /// Some text.
    case text(String)
    /// Several texts.
    case list([String])
    /// The models that can be served.
    case models(ModelTable)
    /// The plain programs that are kept running.
    case processes(ProcessConfigurations)
}

/// A type that a setting's value may have in code.
package protocol SettingValue: Hashable, Sendable {
    /// The value in code, or nil if the general one is of another kind.
    init?(configuration value: ConfigurationValue)
    /// The general value.
    var configurationValue: ConfigurationValue { get }
}

extension Int: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        guard case .integer(let number) = value else { return nil }
        self = number
    }

    package var configurationValue: ConfigurationValue { .integer(self) }
}

extension Bool: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        guard case .boolean(let truth) = value else { return nil }
        self = truth
    }

    package var configurationValue: ConfigurationValue { .boolean(self) }
}

extension Duration: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        guard case .duration(let duration) = value else { return nil }
        self = duration
    }

    package var configurationValue: ConfigurationValue { .duration(self) }
}

extension String: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }

    package var configurationValue: ConfigurationValue { .text(self) }
}

extension String?: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        switch value {
        case .absent: self = .none
        case .text(let text): self = .some(text)
        case .integer, .boolean, .duration, .list, .models, .processes: return nil
        }
    }

    package var configurationValue: ConfigurationValue { map { .text($0) } ?? .absent }
}

extension [String]: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        guard case .list(let texts) = value else { return nil }
        self = texts
    }

    package var configurationValue: ConfigurationValue { .list(self) }
}

extension ProcessConfigurations: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        guard case .processes(let table) = value else { return nil }
        self = table
    }

    package var configurationValue: ConfigurationValue { .processes(self) }
}

extension ModelTable: SettingValue {
    package init?(configuration value: ConfigurationValue) {
        guard case .models(let table) = value else { return nil }
        self = table
    }

    package var configurationValue: ConfigurationValue { .models(self) }
}
