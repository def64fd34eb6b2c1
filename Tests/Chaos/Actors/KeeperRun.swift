import EventLoop
import Glibc
import Platform

/// One run of the built rbee-keeper, from its start to its end.
final class KeeperRun: Sendable {
    enum End: Sendable, Hashable {
        case exit(Int32)
        case signal(Int32)
        /// It was still there when its time was over, and was killed.
        case overdue
        /// It ended, and something it started holds its streams.
        case streamsHeld
    }

    struct Outcome: Sendable, Hashable {
        let end: End
        let output: String
        let errors: String
    }

    /// Longer than any command may take on a busy machine: what is still there then hangs.
    static let bound: Duration = .seconds(240)
    private static let streamBound: Duration = .seconds(20)
    private static let outputLimit = 1 << 20

    let pid: pid_t
    private let watch: ProcessWatch
    private let output: Descriptor
    private let errors: Descriptor

    init(_ words: [String], home: ChaosHome) throws {
        let outputs = try Descriptor.pipe(), errors = try Descriptor.pipe()
        let program = "\(Spawn.programs)/rbee-keeper"
        pid = try Spawn.start(
            program, [program] + home.words(words), environment: home.environment, streams: [nil, outputs.write, errors.write])
        outputs.write.close()
        errors.write.close()
        guard let watch = try ProcessWatch.open(pid: pid) else { throw SystemError(errno: ESRCH, "watch process \(pid)") }
        self.watch = watch
        output = outputs.read
        self.errors = errors.read
        try output.setNonBlocking(true)
        try self.errors.setNonBlocking(true)
    }

    func finish() async -> Outcome {
        async let text = Self.rest(of: output, ended: watch)
        async let complaints = Self.rest(of: errors, ended: watch)
        let isOver = await EventLoop.shared.becomesReadable(watch.descriptor, within: Self.bound)
        if !isOver { _ = try? watch.signal(SIGKILL) }
        let (output, errors) = (await text, await complaints)
        // It has ended or was killed just now: this does not wait for long.
        let status = try? await onBlockingThread { [watch] in try watch.reap(waiting: true) }
        let end: End =
            switch status {
            case _ where !isOver: .overdue
            case _ where output.isHeld || errors.isHeld: .streamsHeld
            case .exit(let code): .exit(code)
            case .signal(let number): .signal(number)
            case nil: .overdue
            }
        return Outcome(end: end, output: output.text, errors: errors.text)
    }

    /// Reads a stream to its end, which has to come soon after the process's own.
    private static func rest(of stream: Descriptor, ended watch: ProcessWatch) async -> (text: String, isHeld: Bool) {
        var all: [UInt8] = []
        while true {
            guard let bytes = try? stream.read(upTo: 65_536) else {
                let patience = watch.hasExited ? streamBound : .seconds(1)
                let isReadable = await EventLoop.shared.becomesReadable(stream.rawValue, within: patience)
                if !isReadable, patience == streamBound { return (ChaosFile.text(all), true) }
                continue
            }
            if bytes.isEmpty { return (ChaosFile.text(all), false) }
            if all.count < outputLimit { all += bytes }
        }
    }
}
