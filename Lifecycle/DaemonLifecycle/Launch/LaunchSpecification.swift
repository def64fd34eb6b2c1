/// One program for `rbee-launch` to start, in the fields that it reads on its standard input.
package struct LaunchSpecification: Sendable, Hashable {
    /// What the shepherd does when nobody listens to it any more.
    package enum EndOfInput: String, Sendable, Hashable {
        /// The program outlives whoever started it.
        case leave
        /// The program and everything it started die with whoever started it.
        case kill
        /// The program and its guard outlive whoever started it, for the next one to find.
        case stay
    }

    /// The name under which the launcher reports; no white space.
    package var id: String
    package var executable: String
    /// The arguments, the program's name first.
    package var arguments: [String]
    /// The complete environment.
    package var environment: [String: String]
    /// The lock file, taken before the program exists; nil: none.
    package var lock: String?
    /// The nonce that signed the lock when it was seen free, or `none`: when another has signed it since, the launch is lost. nil: no matter.
    package var signature: String?
    package var nonce: String
    /// Where standard output and error go; nil: nowhere.
    package var output: String?
    /// Where it is written how the program ended; nil: nowhere.
    package var lastEnd: String?
    /// The rotated log of a guarded program; nil: none.
    package var log: String?
    package var workingDirectory: String?
    package var endOfInput: EndOfInput
    /// Whether the shepherd guards the whole tree: adopts orphans, keeps the lock itself, kills what is left when the program ends.
    package var isGuarded: Bool
    /// How long a guarded tree may take to end after SIGTERM, once its guard is asked to end, before it is killed.
    package var termination: Duration

    package init(
        id: String, executable: String, arguments: [String], environment: [String: String], lock: String? = nil,
        signature: String? = nil, nonce: String, output: String? = nil, lastEnd: String? = nil, log: String? = nil,
        workingDirectory: String? = nil,
        endOfInput: EndOfInput = .leave, isGuarded: Bool = false, termination: Duration = .zero
    ) {
        self.id = id
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.lock = lock
        self.signature = signature
        self.nonce = nonce
        self.output = output
        self.lastEnd = lastEnd
        self.log = log
        self.workingDirectory = workingDirectory
        self.endOfInput = endOfInput
        self.isGuarded = isGuarded
        self.termination = termination
    }

    /// The launcher's input for these programs: `key=value` fields that end in NUL, an empty field after each program, `end` at the end.
    ///
    /// - Parameter isLast: whether the launcher is done with them; otherwise `more` stands at the end, and it waits for another batch.
    /// - Throws: when a value holds a NUL, which no field, argument or path can carry.
    package static func encode(_ specifications: [LaunchSpecification], isLast: Bool = true) throws(LifecycleError) -> [UInt8] {
        var bytes: [UInt8] = []
        let shared = shared(specifications)
        if !shared.isEmpty {
            for (name, value) in shared.sorted(by: { $0.key < $1.key }) {
                guard !value.utf8.contains(0) else { throw nul("env", specifications[0]) }
                bytes += "env=\(name)=\(value)".utf8
                bytes.append(0)
            }
            bytes.append(0)
        }
        for specification in specifications {
            for (key, value) in specification.fields(without: shared) {
                guard !value.utf8.contains(0) else { throw nul(key, specification) }
                bytes += "\(key)=\(value)".utf8
                bytes.append(0)
            }
            bytes.append(0)
        }
        bytes += (isLast ? "end" : "more").utf8
        bytes.append(0)
        return bytes
    }

    private static func nul(_ key: String, _ specification: LaunchSpecification) -> LifecycleError {
        LifecycleError(.invalidArgument, "a NUL character in the \(key) of \(specification.executable): remove it")
    }

    /// The variables that all of several programs have: they are said once.
    private static func shared(_ specifications: [LaunchSpecification]) -> [String: String] {
        guard specifications.count > 1, var shared = specifications.first?.environment else { return [:] }
        for specification in specifications.dropFirst() {
            shared = shared.filter { specification.environment[$0.key] == $0.value }
        }
        return shared
    }

    private func fields(without shared: [String: String]) -> [(String, String)] {
        var fields: [(String, String)] = [("id", id), ("exe", executable), ("nonce", nonce), ("eof", endOfInput.rawValue)]
        fields += arguments.map { ("arg", $0) }
        fields += environment.filter { shared[$0.key] == nil }.sorted { $0.key < $1.key }.map { ("env", "\($0.key)=\($0.value)") }
        for (key, value) in [
            ("lock", lock), ("after", signature), ("out", output), ("last", lastEnd), ("log", log), ("cwd", workingDirectory),
        ] {
            if let value { fields.append((key, value)) }
        }
        if isGuarded { fields.append(("guard", "1")) }
        if isGuarded, termination > .zero { fields.append(("term", "\(Int64(termination.milliseconds))")) }
        return fields
    }
}
