internal import EventLoop
internal import Glibc
internal import Platform

/// A run of a built program, most often `rbee-keeper`, whose output and end are read.
package final class KeeperProcess: Sendable {
    package struct Outcome: Sendable {
        /// Its status, or 128 and the signal's number.
        package let exit: Int32
        package let output: String
        package let errors: String
        package var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
    }

    /// Longer than anything here may take: a run that is still there then is a failure, and is ended.
    private static let patience: Duration = .seconds(90)

    package let pid: Int32
    private let watch: ProcessWatch
    private let output: Descriptor
    private let errors: Descriptor

    /// Starts it.
    ///
    /// - Parameters:
    ///   - input: what stands on its standard input.
    ///   - joined: standard error goes where standard output goes, as with `2>&1`.
    package init(_ program: String, _ arguments: [String], environment: [String: String], input: String = "", joined: Bool = false) throws {
        let inputs = try Descriptor.pipe(), outputs = try Descriptor.pipe(), errors = try Descriptor.pipe()
        try inputs.write.write(Array(input.utf8))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputs.read.rawValue, 0)
        posix_spawn_file_actions_adddup2(&actions, outputs.write.rawValue, 1)
        posix_spawn_file_actions_adddup2(&actions, joined ? outputs.write.rawValue : errors.write.rawValue, 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, nil, &words, &variables)
        guard failure == 0 else { throw SystemError(errno: failure, "run", path: program) }
        self.pid = pid
        guard let watch = try ProcessWatch.open(pid: pid) else { throw SystemError(errno: ESRCH, "watch process \(pid)") }
        self.watch = watch
        output = outputs.read
        self.errors = errors.read
        try output.setNonBlocking(true)
        try self.errors.setNonBlocking(true)
    }

    deinit {
        // Only when the test threw before the end was awaited.
        if (try? watch.reap()) == .some(nil) {
            kill(pid, SIGKILL)
            _ = try? watch.reap(waiting: true)
        }
    }

    package func interrupt() {
        kill(pid, SIGINT)
    }

    /// Reads standard output until it holds the text; nil when it ends before.
    package func output(until text: String) async throws -> String? {
        try await read(output, until: text)
    }

    /// Reads standard error until it holds the text; nil when it ends before.
    package func errors(until text: String) async throws -> String? {
        try await read(errors, until: text)
    }

    /// Closes our end of its standard output, as `head` does.
    package func closeOutput() {
        output.close()
    }

    /// Waits for its end *and* for the end of its streams: whatever still holds them keeps this waiting.
    package func finish() async throws -> Outcome {
        async let text = rest(of: output)
        async let complaints = rest(of: errors)
        let (output, errors) = (try await text, try await complaints)
        try await EventLoop.shared.withDeadline(Self.patience) { [watch] in try await EventLoop.shared.readable(watch.descriptor) }
        switch try watch.reap(waiting: true) {
        case .exit(let status): return Outcome(exit: status, output: output, errors: errors)
        case .signal(let number): return Outcome(exit: 128 + number, output: output, errors: errors)
        case nil: throw SystemError(errno: ECHILD, "wait for process \(pid)")
        }
    }

    private func read(_ descriptor: Descriptor, until text: String) async throws -> String? {
        var all = ""
        while !all.contains(text) {
            guard let part = try await piece(of: descriptor) else { return nil }
            all += part
        }
        return all
    }

    private func rest(of descriptor: Descriptor) async throws -> String {
        var all = ""
        while descriptor.isOpen, let part = try await piece(of: descriptor) { all += part }
        return all
    }

    /// Some more of a stream; nil at its end.
    private func piece(of descriptor: Descriptor) async throws -> String? {
        while true {
            if let bytes = try descriptor.read(upTo: 65536) { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            try await EventLoop.shared.withDeadline(Self.patience) { try await EventLoop.shared.readable(descriptor.rawValue) }
        }
    }
}
