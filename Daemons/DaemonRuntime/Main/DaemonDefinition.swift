package import DaemonContract

/// Which daemon a main is, and how its service is made.
package struct DaemonDefinition: Sendable {
    package var kind: DaemonKind
    /// What it is, in one line, for `--help`.
    package var summary: String
    /// Options besides those of every daemon.
    package var options: [CommandOption]
    /// How long it stays without being used unless told otherwise; zero for ever.
    package var defaultTTL: Duration
    /// Whether it listens on TCP at all unless `--port` is given.
    package var listensOnTCP: Bool
    /// Looks at the command line, before anything is touched.
    package var check: @Sendable (CommandArguments) throws(UsageError) -> Void
    /// Makes the service. The lock is held, nothing listens yet.
    package var make: @Sendable (DaemonContext) throws -> any DaemonService

    package init(
        kind: DaemonKind, summary: String, options: [CommandOption] = [], defaultTTL: Duration = .zero, listensOnTCP: Bool = true,
        check: @escaping @Sendable (CommandArguments) throws(UsageError) -> Void = { _ throws(UsageError) in },
        make: @escaping @Sendable (DaemonContext) throws -> any DaemonService
    ) {
        self.kind = kind
        self.summary = summary
        self.options = options
        self.defaultTTL = defaultTTL
        self.listensOnTCP = listensOnTCP
        self.check = check
        self.make = make
    }

    /// The name of its binary.
    package var name: String { kind.binaryName }

    /// All its options.
    var allOptions: [CommandOption] { options + CommandOption.shared }

    /// What `--help` says.
    package var help: String {
        let left = allOptions.map { option in option.value.map { "\(option.name) \($0)" } ?? option.name }
        let width = left.map(\.count).max() ?? 0
        let lines = zip(left, allOptions).map { left, option in
            "  \(left)\(String(repeating: " ", count: width - left.count))  \(option.summary)"
        }
        return "\(name): \(summary)\n\nUsage: \(name) [options]\n\n\(lines.joined(separator: "\n"))\n"
    }
}
