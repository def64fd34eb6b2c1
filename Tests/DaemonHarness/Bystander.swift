internal import EventLoop
internal import Glibc
package import Platform

/// A process that has nothing to do with any daemon and remembers every signal that it was sent. It ends with the value.
package final class Bystander: Sendable {
    /// Its number.
    package let pid: Int32
    /// Who it is, as a record of it would say.
    package let identity: ProcessIdentity
    private let child: ProcessWatch
    private let watch: ProcessWatch
    private let input: Descriptor
    private let output: Descriptor

    /// Starts one.
    ///
    /// - Parameters:
    ///   - environment: all of its environment.
    ///   - inheriting: descriptors of ours that it has open too, and with them the locks on them.
    ///   - number: the process number it must have, which the kernel gives to root only.
    package init(environment: [String: String] = [:], inheriting: [Int32] = [], number: Int32? = nil) async throws {
        let (theirInput, input) = try Descriptor.pipe()
        let (output, theirOutput) = try Descriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, theirInput.rawValue, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, theirOutput.rawValue, STDOUT_FILENO)
        // High enough to be nobody's yet: a number that is both source and target would be closed at exec.
        for (index, descriptor) in inheriting.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(800 + index))
        }
        let words = ["\(TestHome.binaries)/rbee-bystander"] + (number.map { ["\($0)"] } ?? [])
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var started: pid_t = 0
        let failure = posix_spawn(&started, words[0], &actions, nil, &arguments, &variables)
        guard failure == 0 else { throw SystemError(errno: failure, "run", path: words[0]) }
        theirOutput.close()
        guard let child = try ProcessWatch.open(pid: started) else { throw SystemError(errno: ESRCH, "watch process \(started)") }
        self.child = child
        self.input = input
        self.output = output
        pid = number ?? started
        try output.setNonBlocking(true)
        // The zero that it begins with: from here on no signal escapes it.
        guard try await Self.next(output) == 0, let watch = try ProcessWatch.open(pid: pid), let identity = try ProcessIdentity.of(pid: pid)
        else {
            input.close()
            _ = try? child.reap(waiting: true)
            throw TestDaemon.Failure("no bystander" + (number.map { " by the number \($0), which somebody else has" } ?? ""))
        }
        self.watch = watch
        self.identity = identity
    }

    deinit {
        input.close()
        _ = try? child.signal(SIGCONT)
        if watch.waitForExit(milliseconds: 20_000) == false { _ = try? child.signal(SIGKILL) }
        _ = try? child.reap(waiting: true)
    }

    /// Ends it, as if it had been killed, and reaps it, so that its number is free.
    package func end() throws {
        _ = try watch.signal(SIGKILL)
        _ = watch.waitForExit(milliseconds: -1)
        _ = try child.reap(waiting: true)
    }

    /// The signals that it was sent since the last time, and SIGKILL or SIGSTOP if one of these was.
    ///
    /// Every call shows first that a signal would have been seen: it sends one of its own.
    package func signals() async throws -> [Int32] {
        guard !watch.hasExited else { return [SIGKILL] }
        // The largest number is told last of all that are waiting.
        let own = Int32(64)
        try watch.signal(own)
        var seen: [Int32] = []
        while true {
            if ProcessStat.of(pid: pid)?.state == UInt8(ascii: "T") { return seen + [SIGSTOP] }
            guard let number = try await Self.next(output) else { return seen + [SIGKILL] }
            if number == own { return seen }
            seen.append(number)
        }
    }

    /// The next byte; nil at the end of the output.
    private static func next(_ output: Descriptor) async throws -> Int32? {
        while true {
            if let bytes = try output.read(upTo: 1) { return bytes.first.map(Int32.init) }
            try await EventLoop.shared.withDeadline(TestAPI.patience) { try await EventLoop.shared.readable(output.rawValue) }
        }
    }
}
