import Platform

extension ConfigurationFile {
    /// Sets a key in the file, which is made where there is none. Comments and all other values stay as they are.
    ///
    /// The file is replaced as a whole and has reached the disk when this returns. A new one is for its owner alone, since it may
    /// hold keys. Changes that others of ours make at the same time are all kept.
    ///
    /// - Parameters:
    ///   - name: the key's name.
    ///   - text: its value as people write it; for a list `a,b` or `[a, b]`.
    /// - Throws: `unknownKey`, `badValue`, `notEditable`, `unreadable` or `notWritable`.
    package static func set(_ name: String, to text: String, in path: String) throws(ConfigurationError) {
        guard let key = Settings.key(name) else {
            throw ConfigurationError(.unknownKey, "\(name) \(Suggestion.unknown(name, among: Settings.all.map(\.name)))")
        }
        let value = try yaml(key, text, path)
        let directory = try LockedDirectory(of: path)
        defer { withExtendedLifetime(directory) {} }
        // An editor knows nothing of our lock: a file that it wrote while the new text was made is read again.
        for _ in 0..<8 {
            let before = try identity(path)
            let old = String(validating: try read(path) ?? [], as: UTF8.self)
            guard let old else { throw ConfigurationError(.notEditable, "\(path) is no UTF-8 text", path: path) }
            let new = try ConfigurationEditor(text: old, path: path).setting(key, to: value)
            if new == old { return }
            guard try identity(path) == before else { continue }
            do {
                return try AtomicFile.write(path, Array(new.utf8), durable: true)
            } catch {
                throw ConfigurationError(.notWritable, error.message, path: path, underlying: error)
            }
        }
        throw ConfigurationError(.notWritable, "\(path) keeps being changed by somebody else; try again", path: path)
    }

    /// The value as YAML on one line.
    private static func yaml(_ key: ConfigurationKey, _ text: String, _ path: String) throws(ConfigurationError) -> String {
        switch key.type {
        case .models, .processes:
            throw ConfigurationError(.notEditable, "\(key.name) cannot be set by a command; edit \(path)", path: path)
        default: break
        }
        let (configuration, problems) = Configuration.load(file: nil, flags: [key.name: text])
        if let problem = problems.first(where: { !$0.kind.isWarning }) {
            throw ConfigurationError(.badValue, "\(key.name): \(problem.message)", underlying: problem)
        }
        let entry = configuration.entry(key)
        if case .list = entry.value { return entry.text }
        return YAMLText.scalar(text)
    }

    private static func identity(_ path: String) throws(ConfigurationError) -> FileIdentity? {
        do {
            return try FileIdentity.of(path: path)
        } catch {
            throw ConfigurationError(.unreadable, error.message, path: path, underlying: error)
        }
    }
}
