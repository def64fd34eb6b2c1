/// The configuration, as `config` and the defaults of other commands read it.
package protocol KeeperSettings: Sendable {
    /// The file that is read, whether it exists or not.
    var path: String { get }
    /// Every key in force with where its value came from, in the order of its documentation.
    func entries() throws -> [SettingEntry]
    /// One key; nil when there is no such key.
    func entry(_ key: String) throws -> SettingEntry?
    /// Every key there is, for a did-you-mean.
    var keys: [String] { get }
    /// Writes a value into the file, which keeps its other lines.
    ///
    /// - Throws: when the value is not what the key takes.
    func set(_ key: String, to text: String) throws
    /// What is wrong in the file or the environment: each with its place, key and what was expected.
    func problems() -> [SettingProblem]
}

/// One key and its value in force.
package struct SettingEntry: Hashable, Sendable {
    package var key: String
    package var value: String
    /// `default`, `file`, `environment`.
    package var source: String
    /// Where exactly: `/home/u/.config/rbee/config.yaml:3`, `RBEE_QUEEN_PORT`; nil for a default.
    package var place: String?
    package var summary: String

    package init(key: String, value: String, source: String, place: String?, summary: String) {
        self.key = key
        self.value = value
        self.source = source
        self.place = place
        self.summary = summary
    }
}

/// One bad value.
package struct SettingProblem: Hashable, Sendable {
    /// `/home/u/.config/rbee/config.yaml:3: queen.port: expected a port from 0 to 65535, not "abc"`.
    package var message: String
    /// Whether daemons start all the same.
    package var isWarning: Bool

    package init(_ message: String, isWarning: Bool = false) {
        self.message = message
        self.isWarning = isWarning
    }
}
