internal import CPlatform
internal import DaemonContract
internal import Glibc
internal import Platform

/// Runs `<binary> --version` and leaves nothing of it running.
struct InstallProbe: Sendable {
    /// More output than this is not read, in bytes.
    private static let outputLimit = 64 << 10

    let patience: Duration

    /// Throws unless the binary answers, in time and as itself.
    ///
    /// - Parameters:
    ///   - path: what to run.
    ///   - name: as what it is to be installed.
    ///   - source: where it comes from, for messages.
    func check(_ path: String, name: String, source: String) throws(InstallError) {
        let line: String
        do {
            line = try ask(path, name: name)
        } catch {
            let why = error.message.hasPrefix(path) ? String(error.message.dropFirst(path.count + 1)) : error.message
            throw InstallError(error.code, "\(source) was not installed: \(why)", path: source, underlying: error)
        }
        // One daemon's program under another's name would only fail later, and be harder to understand.
        let word = line.split(whereSeparator: \.isWhitespace).first.map(String.init)
        if let word, word != name, DaemonKind.known.contains(where: { $0.binaryName == word }) {
            throw InstallError(.notVerified, "\(source) was not installed: it says that it is \(word), not \(name)", path: source)
        }
    }

    /// The first line that a binary prints when it is asked for its version.
    ///
    /// - Parameter name: what it is told that it is called.
    func ask(_ path: String, name: String) throws(InstallError) -> String {
        func failure(_ message: String, _ underlying: (any Error)? = nil) -> InstallError {
            InstallError(.notVerified, "\(path) \(message)", path: path, underlying: underlying)
        }
        let run: ProbeRun
        do {
            run = try ProbeRun.start(path, name: name, until: .now + patience)
        } catch {
            throw failure("cannot be run: \(SystemError.text(of: error.number))", error)
        }
        let (end, output) = run.finish(outputLimit: Self.outputLimit)
        let said = Self.said(output)
        switch end {
        case nil: throw failure("did not answer --version within \(DurationText.format(patience))\(said)")
        case .signal(let number): throw failure("was ended by signal \(number) when asked for its --version\(said)")
        case .exit(let status) where status != 0: throw failure("exited with status \(status) when asked for its --version\(said)")
        case .exit: return output.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        }
    }

    private static func said(_ output: String) -> String {
        let lines = output.split(whereSeparator: \.isNewline).suffix(4).map { "  \($0.prefix(300))" }
        return lines.isEmpty ? "" : ":\n\(lines.joined(separator: "\n"))"
    }
}

/// One run of a program that is not trusted to end.
private struct ProbeRun {
    let watch: ProcessWatch
    let output: Descriptor
    let nonce: Nonce
    let deadline: ContinuousClock.Instant

    static func start(_ path: String, name: String, until deadline: ContinuousClock.Instant) throws(SystemError) -> ProbeRun {
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
            let failure = CStrings.with([name, "--version"]) { arguments in
                CStrings.with(environment) { environment in
                    pipe.write.use { rbee_spawn_isolated(path, arguments, environment, $0, &pid) }
                }
            }
            if failure == 0 { break }
            // Another thread's child that was forked while the copy was open for writing still holds it for a moment.
            guard failure == ETXTBSY, ContinuousClock.now < deadline else { throw SystemError(errno: failure, "run", path: path) }
            usleep(2000)
        }
        pipe.write.close()
        guard let watch = try ProcessWatch.open(pid: pid) else { throw SystemError(errno: ESRCH, "watch process \(pid)") }
        return ProbeRun(watch: watch, output: pipe.read, nonce: nonce, deadline: deadline)
    }

    /// Waits for its end, at most until the deadline, and leaves no process of it.
    ///
    /// - Returns: how it ended, nil when it had to be ended; and what it wrote.
    func finish(outputLimit: Int) -> (end: Platform.ProcessEnd?, output: String) {
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
        return (hadExited ? end : nil, String(decoding: bytes, as: UTF8.self))
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
