internal import CPlatform
internal import DaemonContract
internal import Glibc
package import Platform

/// One run of a short program that is not trusted to end: what it writes is read up to a limit, and nothing of its tree is left running. Blocks.
package struct BoundedRun: Sendable {
    private let watch: ProcessWatch
    private let output: Descriptor
    private let nonce: Nonce
    private let deadline: ContinuousClock.Instant

    /// Starts a program in a session of its own, with nothing of ours but a few variables of the environment.
    ///
    /// - Parameters:
    ///   - arguments: the first is what it is told that it is called.
    ///   - complaints: whether what it writes to standard error is output too; else it is thrown away.
    package static func start(
        _ path: String, _ arguments: [String], complaints: Bool = true, until deadline: ContinuousClock.Instant
    ) throws(SystemError) -> BoundedRun {
        let nonce = Nonce()
        let pipe = try Descriptor.pipe()
        // Our end only: a program whose output blocks waits, one whose output refuses fails.
        try pipe.read.setNonBlocking(true)
        var environment = ["\(DaemonEnvironment.nonce)=\(nonce)"]
        for variable in ["PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR"] {
            if let value = getenv(variable) { environment.append("\(variable)=\(String(cString: value))") }
        }
        var pid: pid_t = 0
        while true {
            let failure = CStrings.with(arguments) { arguments in
                CStrings.with(environment) { environment in
                    pipe.write.use { rbee_spawn_isolated(path, arguments, environment, $0, complaints ? 1 : 0, &pid) }
                }
            }
            if failure == 0 { break }
            // Another thread's child that was forked while the copy was open for writing still holds it for a moment.
            guard failure == ETXTBSY, ContinuousClock.now < deadline else { throw SystemError(errno: failure, "run", path: path) }
            usleep(2000)
        }
        pipe.write.close()
        guard let watch = try ProcessWatch.open(pid: pid) else { throw SystemError(errno: ESRCH, "watch process \(pid)") }
        return BoundedRun(watch: watch, output: pipe.read, nonce: nonce, deadline: deadline)
    }

    /// Waits for its end, at most until the deadline, and leaves no process of it.
    ///
    /// - Returns: how it ended, nil when it had to be ended; and what it wrote.
    package func finish(outputLimit: Int) -> (end: Platform.ProcessEnd?, output: [UInt8]) {
        var bytes: [UInt8] = []
        var isOpen = true
        while !watch.hasExited, ContinuousClock.now < deadline {
            var waited = [pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
            if isOpen { waited.append(pollfd(fd: output.rawValue, events: Int16(POLLIN), revents: 0)) }
            let left = deadline - ContinuousClock.now
            poll(&waited, nfds_t(waited.count), Int32(max(1, left.milliseconds.rounded(.up))))
            if waited.count > 1, waited[1].revents != 0 { isOpen = read(&bytes, limit: outputLimit) }
        }
        let hadExited = watch.hasExited
        endTree()
        let end = try? watch.reap(waiting: true)
        while isOpen, read(&bytes, limit: outputLimit), bytes.count < outputLimit, pending { continue }
        return (hadExited ? end : nil, bytes)
    }

    private var pending: Bool { output.use { rbee_poll_readable($0, 0) } == 1 }

    /// False at the end of input, or when there is nothing to read now.
    private func read(_ bytes: inout [UInt8], limit: Int) -> Bool {
        guard let part = try? output.read(upTo: 65536) else { return false }
        bytes += part.prefix(max(0, limit - bytes.count))
        return !part.isEmpty
    }

    /// Kills whatever of its tree lives: until nothing is found, since a process may have been born meanwhile. The leader is not reaped
    /// yet, so its number still means it.
    private func endTree() {
        let subtree = Subtree(leader: watch.pid, nonce: nonce.text)
        for _ in 0..<100 {
            let entries = ProcessScan.read()
            let members = subtree.members(of: entries, leaderLives: true, known: [], excluded: [getpid()])
            if members.isEmpty { return }
            for member in members {
                // The pidfd first, then the check that it is still the process of the scan.
                guard let watch = try? ProcessWatch.open(pid: member.pid), ProcessStat.of(pid: member.pid)?.startTicks == member.startTicks
                else { continue }
                _ = try? watch.signal(SIGKILL)
                _ = watch.waitForExit(milliseconds: 200)
            }
        }
    }
}

/// C strings for a call.
private enum CStrings {
    static func with<Result>(_ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(&pointers)
    }
}
