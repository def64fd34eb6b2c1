internal import BenchReport
internal import Glibc
internal import Platform

/// The same command many times at once.
struct Herd {
    private let command: Command
    private let count: Int

    init(_ command: Command, count: Int) {
        self.command = command
        self.count = count
    }

    /// - Returns: milliseconds from the first start until the last has ended, and what each printed.
    /// - Throws: when one of them fails.
    func time() throws -> (milliseconds: Double, outputs: [String]) {
        var running: [(child: Child, output: Descriptor)] = []
        let begun = Clock.now
        for _ in 0..<count {
            let (output, theirs) = try Descriptor.pipe()
            running.append((try Child(command.program, command.words, environment: command.environment, output: theirs), output))
            theirs.close()
        }
        var codes: [Int32] = []
        for one in running { codes.append(one.child.wait()) }
        let took = Clock.milliseconds(since: begun)
        // A result is a line, which a pipe holds until it is read.
        let outputs = try running.map { String(decoding: try $0.output.readToEnd(limit: 1 << 16), as: UTF8.self) }
        if let failure = codes.first(where: { $0 != 0 }) {
            throw BenchError("one of \(count) times \(command.program) \(command.words.joined(separator: " ")) exited with \(failure)")
        }
        return (took, outputs)
    }
}
