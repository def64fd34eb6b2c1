internal import BenchReport
internal import Platform

/// A command run to its end, as a whole process.
struct Command {
    let program: String
    let words: [String]
    var environment: [String: String] = [:]

    /// What it printed.
    struct Outcome {
        let code: Int32
        let output: String
        let errors: String
    }

    /// Milliseconds from before its start until it has ended. Nobody reads what it prints, and what it complains of only when it fails.
    ///
    /// - Parameter codes: the exit codes that are right.
    func time(codes: Set<Int32> = [0]) throws -> Double {
        // A pipe holds more than a command complains of.
        let (errors, theirs) = try Descriptor.pipe()
        let begun = Clock.now
        let child = try Child(program, words, environment: environment, errors: theirs)
        let code = child.wait()
        let took = Clock.milliseconds(since: begun)
        guard codes.contains(code) else {
            theirs.close()
            let complaints = String(decoding: try errors.readToEnd(limit: 1 << 20), as: UTF8.self)
            throw failure(Outcome(code: code, output: "", errors: complaints))
        }
        return took
    }

    /// Runs it and reads what it prints.
    func run() throws -> Outcome {
        let (output, theirOutput) = try Descriptor.pipe()
        let (errors, theirErrors) = try Descriptor.pipe()
        let child = try Child(program, words, environment: environment, output: theirOutput, errors: theirErrors)
        theirOutput.close()
        theirErrors.close()
        // Errors are a few lines, so that a pipe holds them until the output has ended.
        let text = String(decoding: try output.readToEnd(limit: 16 << 20), as: UTF8.self)
        let complaints = String(decoding: try errors.readToEnd(limit: 1 << 20), as: UTF8.self)
        return Outcome(code: child.wait(), output: text, errors: complaints)
    }

    /// - Throws: when it exits with anything but 0.
    @discardableResult
    func succeed() throws -> String {
        let outcome = try run()
        guard outcome.code == 0 else { throw failure(outcome) }
        return outcome.output
    }

    private func failure(_ outcome: Outcome) -> BenchError {
        let said = [outcome.errors, outcome.output].first { !$0.isEmpty } ?? "nothing"
        return BenchError("\(program) \(words.joined(separator: " ")) exited with \(outcome.code); it said: \(said.prefix(2_000))")
    }
}
