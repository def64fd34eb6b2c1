/// The configuration: for each key its value and where that came from.
///
/// A flag counts before the environment, that before the file, that before the default. A value that is not what its key
/// expects is reported, and the next source counts in its place.
package struct Configuration: Hashable, Sendable {
    /// A value and where it came from.
    package struct Entry: Hashable, Sendable {
        /// The key.
        package let key: ConfigurationKey
        /// Its value.
        package let value: ConfigurationValue
        /// Where that came from.
        package let source: ConfigurationSource

        /// The value as people would write it.
        package var text: String { key.type.text(of: value) }

        /// The value as it may be shown to anybody: of a secret only whether there is one.
        package var shownText: String {
            guard key.isSecret, case .list(let texts) = value, !texts.isEmpty else { return text }
            return "(\(texts.count) set)"
        }
    }

    /// The file it was read from, whether or not there is one; nil if none was named.
    package let file: String?
    private let given: [String: Entry]

    init(file: String?, given: [String: Entry]) {
        self.file = file
        self.given = given
    }

    /// The configuration nobody changed.
    package static let defaults = Configuration(file: nil, given: [:])

    /// The value of a setting.
    package subscript<Value>(setting: Setting<Value>) -> Value {
        // A value given is of its key's kind, since that is what it was read as; the default is only what the compiler asks for.
        given[setting.key.name].flatMap { Value(configuration: $0.value) } ?? setting.defaultValue
    }

    /// The value of a key and where it came from.
    package func entry(_ key: ConfigurationKey) -> Entry {
        given[key.name] ?? Entry(key: key, value: key.defaultValue, source: .defaults)
    }

    /// The value of a key by its name, or nil if there is no such key.
    package func entry(named name: String) -> Entry? {
        Settings.key(name).map(entry)
    }

    /// All keys in the order they are shown.
    package var entries: [Entry] {
        Settings.all.map(entry)
    }

    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - file: the file's path; that there is none is fine.
    ///   - environment: the environment; empty variables count as not set.
    ///   - flags: texts of the command line, by key.
    /// - Returns: the configuration, usable in any case, and what is wrong, flags first, then environment, then the file by line.
    package static func load(
        file: String?, environment: [String: String] = [:], flags: [String: String] = [:]
    ) -> (Configuration, [ConfigurationProblem]) {
        var bytes: [UInt8]?
        var unreadable: ConfigurationProblem?
        if let file {
            do {
                bytes = try ConfigurationFile.read(file)
            } catch {
                unreadable = ConfigurationProblem(kind: .unreadable, source: .file(file, line: 0), key: nil, message: error.message)
            }
        }
        var (configuration, problems) = load(bytes: bytes, path: file, environment: environment, flags: flags)
        if let unreadable { problems.append(unreadable) }
        return (configuration, problems + configuration.exposures)
    }

    /// Reads the configuration from the content of a file; nil if there is none.
    package static func load(
        bytes: [UInt8]?, path: String?, environment: [String: String] = [:], flags: [String: String] = [:]
    ) -> (Configuration, [ConfigurationProblem]) {
        var reader = ConfigurationReader(path: path)
        reader.read(flags: flags)
        reader.read(environment: environment)
        if let bytes { reader.read(bytes) }
        return (Configuration(file: path, given: reader.given), reader.problems)
    }

    /// The daemons that other machines reach, while nobody is asked for a key.
    var exposures: [ConfigurationProblem] {
        guard self[Settings.apiKeys].isEmpty else { return [] }
        return [Settings.queenHost, Settings.hiveHost, Settings.workerHost].compactMap { setting in
            let host = self[setting].lowercased()
            guard !host.hasPrefix("127."), !["localhost", "::1", "[::1]"].contains(host) else { return nil }
            return ConfigurationProblem(
                kind: .exposed, source: entry(setting.key).source, key: setting.key.name,
                message:
                    "\(host) is reached from other machines, and api_keys is empty: whoever reaches it may use its models; set api_keys")
        }
    }
}
