/// Something wrong in a configuration. It never keeps the other values from being used.
package struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault.
    package struct Kind: RawRepresentable, Hashable, Sendable {
        /// The stable word.
        package let rawValue: String

        /// Makes a kind from its word.
        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The file cannot be read.
        package static let unreadable = Kind(rawValue: "unreadable")
        /// The file is no YAML, or not of the shape expected.
        package static let syntax = Kind(rawValue: "syntax")
        /// A value is not what its key expects.
        package static let badValue = Kind(rawValue: "bad_value")
        /// A key is there twice.
        package static let duplicateKey = Kind(rawValue: "duplicate_key")
        /// A key is not known.
        package static let unknownKey = Kind(rawValue: "unknown_key")

        /// A daemon listens beyond this machine and asks for no key.
        package static let exposed = Kind(rawValue: "exposed")

        /// Whether it changes nothing that could be meant: a daemon tells of it and goes on.
        package var isWarning: Bool { self == .unknownKey || self == .exposed }
    }

    /// The kind of fault.
    package let kind: Kind
    /// Where the value came from; for a file with its line, 0 if no line is at fault.
    package let source: ConfigurationSource
    /// The key, where one is concerned.
    package let key: String?
    /// What was expected and what was found.
    package let message: String

    /// The place, the key and what is wrong: `/etc/x.yaml:3: queen.port: expected a port from 0 to 65535, found "x"`.
    package var description: String {
        let place =
            switch source {
            case .file(let path, line: 0): path
            case .environment(let name): name
            case .file, .flag, .defaults: source.description
            }
        return [place, key, message].compactMap { $0 }.joined(separator: ": ")
    }
}

/// Where a value came from.
package enum ConfigurationSource: Hashable, Sendable, CustomStringConvertible {
    /// Nobody gave one.
    case defaults
    /// The file, with the line, counted from 1.
    case file(String, line: Int)
    /// An environment variable.
    case environment(String)
    /// A flag of the command line.
    case flag(String)

    /// `default`, `PATH:LINE`, `env` or `flag`.
    package var description: String {
        switch self {
        case .defaults: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .environment: "env"
        case .flag: "flag"
        }
    }
}
