package import EventLoop
internal import Glibc
package import Platform

/// Starts programs. The local one runs `rbee-launch`; another one may start them elsewhere.
package protocol Launcher: Sendable {
    /// Starts programs, all at once, and reports on each until its shepherd leaves or is let go.
    ///
    /// - Parameters:
    ///   - specifications: what to start.
    ///   - report: called on the event loop, first with `started`, `lost` or `failed`, later with `ended`; the id tells which program. At last with
    ///     `closed`, without an id.
    /// - Returns: what keeps the shepherds: they notice when it is let go.
    func launch(_ specifications: [LaunchSpecification], report: @escaping @Sendable (LaunchReport) -> Void) async throws(LifecycleError)
        -> Shepherds
}

/// The shepherds of one launch. While it is kept they tell how their programs end; once it is let go they leave, or, where a specification
/// says so, end their programs.
package final class Shepherds: Sendable {
    private let input: Descriptor
    private let watch: EventLoop.Watch

    /// - Parameter watch: of the launcher's output, which it keeps open.
    init(input: Descriptor, watch: EventLoop.Watch) {
        self.input = input
        self.watch = watch
    }

    deinit {
        letGo()
    }

    /// Ends the shepherds' input and goes on listening: how a program ends with it is still reported.
    package func endInput() {
        input.close()
    }

    /// Ends the shepherds' input. Doing it again changes nothing.
    package func letGo() {
        watch.cancel()
        input.close()
    }
}

/// The launcher of this host: Foundation's `Process` runs `rbee-launch`.
package struct LocalLauncher: Launcher {
    private let locator: BinaryLocator
    private let loop: EventLoop
    private let patience: Duration

    /// - Parameter patience: how long the launcher may take to read what it is to start.
    package init(home: RbeeHome, environment: [String: String], loop: EventLoop, patience: Duration = .seconds(10)) {
        locator = BinaryLocator(home: home, environment: environment)
        self.loop = loop
        self.patience = patience
    }

    package func launch(
        _ specifications: [LaunchSpecification], report: @escaping @Sendable (LaunchReport) -> Void
    ) async throws(LifecycleError) -> Shepherds {
        let path = try locator.find("rbee-launch")
        let bytes = try LaunchSpecification.encode(specifications)
        // One program: the shepherd counts as its own. Many: a nonce that is nobody's, so that no stop takes it for its own.
        let nonce = specifications.count == 1 ? specifications[0].nonce : "launch"
        let (pid, input, output) = try await run(path, nonce: nonce)
        let feeding: Feeding
        do throws(SystemError) {
            feeding = try await feed(bytes, to: input)
        } catch {
            throw Self.failure(path, error.message, error)
        }
        guard feeding != .unread else {
            end(launcher: pid, nonce: nonce)
            throw LifecycleError(
                .launchFailed,
                "the launcher \(path) was started and has not read what to start within \(patience); is it rbee-launch? Try: '\(path)' --version",
                path: path)
        }
        return Shepherds(input: input, watch: listen(to: output, report))
    }
}

extension LocalLauncher {
    /// A launcher that stays for one batch after the other.
    ///
    /// - Returns: its number, what it reads what to start from, and the watch of what it and the shepherds say.
    func open(
        report: @escaping @Sendable (LaunchReport) -> Void
    ) async throws(LifecycleError) -> (pid: Int32, input: Descriptor, watch: EventLoop.Watch) {
        let (pid, input, output) = try await run(try locator.find("rbee-launch"), nonce: "launch")
        return (pid, input, listen(to: output, report))
    }

    /// Runs the launcher's program with a pipe at either end.
    private func run(_ path: String, nonce: String) async throws(LifecycleError) -> (pid: Int32, input: Descriptor, output: Descriptor) {
        do {
            let (childInput, input) = try Descriptor.pipe()
            let (output, childOutput) = try Descriptor.pipe()
            try output.setNonBlocking(true)
            try input.setNonBlocking(true)
            let pid = try await onBlockingThread {
                let pid = try LaunchProcess.run(path, nonce: nonce, input: childInput, output: childOutput)
                childInput.close()
                childOutput.close()
                return pid
            }
            return (pid, input, output)
        } catch let error as LifecycleError {
            throw error
        } catch let error as SystemError {
            throw Self.failure(path, error.message, error)
        } catch {
            throw Self.failure(path, "\(error)", error)
        }
    }

    private static func failure(_ path: String, _ why: String, _ error: any Error) -> LifecycleError {
        LifecycleError(.launchFailed, "the launcher could not be started: \(why)", path: path, underlying: error)
    }

    private func listen(to output: Descriptor, _ report: @escaping @Sendable (LaunchReport) -> Void) -> EventLoop.Watch {
        let reader = ReportReader(report: report)
        let watch = loop.watch(output.rawValue, for: .readable) { reader.drain(output) }
        loop.run { reader.stopAtEnd(watch) }
        return watch
    }

    /// What became of what was handed over.
    enum Feeding {
        case read
        /// Nobody will read it: the reader is gone.
        case refused
        /// Nobody has read it in time.
        case unread
    }

    /// Hands over what to start.
    func feed(_ bytes: [UInt8], to input: Descriptor) async throws(SystemError) -> Feeding {
        let clock = SuspendingClock()
        let end = clock.now + patience
        var rest = bytes[...]
        while !rest.isEmpty {
            do throws(SystemError) {
                rest = rest.dropFirst(try input.write(some: rest))
            } catch {
                // It was killed before it had read what to start: the end of its output says so, too.
                guard error.number == EPIPE else { throw error }
                return .refused
            }
            if rest.isEmpty { return .read }
            guard await loop.isWritable(input.rawValue, within: end - clock.now) else { return .unread }
        }
        return .read
    }

    /// Ends a launcher that does nothing. Its number is its own as long as a child of ours has it.
    private func end(launcher pid: Int32, nonce: String) {
        guard let watch = try? ProcessWatch.open(pid: pid), let process = ProcessStat.of(pid: pid), process.parent == getpid(),
            process.environmentValue("RBEE_NONCE") == nonce
        else { return }
        _ = try? watch.signal(SIGKILL)
    }
}

/// Reads reports from the launcher's output. Confined to the loop's thread.
private final class ReportReader: @unchecked Sendable {  // used by the watch's callback alone, on the loop's thread
    private var reader = LaunchReportReader()
    private let report: @Sendable (LaunchReport) -> Void
    private var watch: EventLoop.Watch?
    private var ended = false
    /// So much is read in one turn of the loop, however much a launcher says that is none of ours.
    private static let readsPerTurn = 16

    init(report: @escaping @Sendable (LaunchReport) -> Void) {
        self.report = report
    }

    /// Names the watch to cancel at the end of the output, which would be readable forever.
    func stopAtEnd(_ watch: EventLoop.Watch) {
        if ended { watch.cancel() } else { self.watch = watch }
    }

    func drain(_ output: Descriptor) {
        for _ in 0..<Self.readsPerTurn {
            guard !ended, let bytes = try? output.read(upTo: 4096) else { return }
            guard !bytes.isEmpty else {
                ended = true
                watch?.cancel()
                return report(LaunchReport(id: "", event: .closed))
            }
            for line in reader.read(bytes) { report(line) }
        }
    }
}
