/// What the command line asks for.
package struct BenchArguments: Hashable, Sendable {
    /// What is to be done.
    package enum Command: Hashable, Sendable {
        /// Measure these, in this order.
        case measure([String])
        /// Two files beside each other, nothing is measured.
        case compare(old: String, new: String)
        case help
    }

    /// Where the JSON goes.
    package enum JSONOutput: Hashable, Sendable {
        /// To standard output, instead of the table.
        case standardOutput
        case file(String)
    }

    package var command: Command
    package var json: JSONOutput?
    /// An earlier run to compare with.
    package var comparedFile: String?
    package var isQuick = false
    package var isStrict = false
    package var rounds: Int?
    package var seconds: Int?

    /// - Parameters:
    ///   - words: the command line without the program's name.
    ///   - benchmarks: the names there are; `all` stands for every one.
    /// - Throws: what cannot be understood, with what there is instead.
    package init(_ words: [String], benchmarks: [String]) throws(UsageError) {
        var rest = words[...]
        guard let name = rest.popFirst() else {
            throw UsageError("what is to be measured? One of: \(Self.list(benchmarks)), or all")
        }
        if ["help", "--help", "-h"].contains(name) {
            command = .help
            return
        }
        guard benchmarks.contains(name) || ["all", "compare"].contains(name) else {
            throw UsageError("\"\(name)\" is no benchmark. There are: \(Self.list(benchmarks)), all, and compare")
        }
        command = .measure(name == "all" ? benchmarks : [name])
        isQuick = name == "all"
        var files: [String] = []
        while let word = rest.popFirst() {
            if word.hasPrefix("-") {
                if try take(word, &rest) { return }
            } else if name == "compare", files.count < 2 {
                files.append(word)
            } else {
                throw UsageError("\"\(word)\" is one word too many after \(name)")
            }
        }
        guard name == "compare" else { return }
        guard files.count == 2 else { throw UsageError("compare takes two files: rbee-bench compare OLD.json NEW.json") }
        guard json == nil, comparedFile == nil, rounds == nil, seconds == nil else {
            throw UsageError("compare measures nothing: of the options it takes --strict alone")
        }
        command = .compare(old: files[0], new: files[1])
    }

    /// - Returns: whether help is wanted, and nothing else.
    private mutating func take(_ option: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> Bool {
        switch option {
        case "--help", "-h":
            command = .help
            return true
        case "--quick": isQuick = true
        case "--full": isQuick = false
        case "--strict": isStrict = true
        case "--rounds": rounds = try Self.number(option, &rest)
        case "--seconds": seconds = try Self.number(option, &rest)
        case "--compare": comparedFile = try Self.value(option, "an earlier run's file", &rest)
        case "--json":
            if let file = rest.first, !file.hasPrefix("-") {
                rest.removeFirst()
                json = .file(file)
            } else {
                json = .standardOutput
            }
        default: throw UsageError("there is no option \(option). There are: \(Self.options.joined(separator: " "))")
        }
        return false
    }

    /// Every option, for errors and the help's test.
    package static let options = ["--json", "--compare", "--quick", "--full", "--rounds", "--seconds", "--strict", "--help"]

    private static func number(_ option: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> Int {
        let word = try value(option, "a number from 1 to 100000", &rest)
        guard let number = Int(word), (1...100_000).contains(number) else {
            throw UsageError("\(option) takes a number from 1 to 100000, and \"\(word)\" is none")
        }
        return number
    }

    private static func value(_ option: String, _ what: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> String {
        guard let word = rest.first, !word.hasPrefix("-") else { throw UsageError("\(option) takes \(what)") }
        rest.removeFirst()
        return word
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

/// A command line that cannot be understood.
package struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
