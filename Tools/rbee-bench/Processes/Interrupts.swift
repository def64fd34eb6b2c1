internal import BenchReport
internal import EventLoop
internal import Glibc
internal import Synchronization

/// Ctrl-C and its like: ends what the run has started, removes its folder, and leaves.
enum Interrupts {
    private static let isEnding = Atomic<Bool>(false)

    /// From here on, until the watches are dropped.
    static func handle(_ workshop: Workshop) throws -> [EventLoop.Watch] {
        try [SIGINT, SIGTERM, SIGHUP].map { number in
            try EventLoop.shared.onSignal(number) {
                guard !isEnding.exchange(true, ordering: .acquiringAndReleasing) else { return }
                complain("interrupted: ending what was started")
                workshop.close()
                _exit(128 + number)
            }
        }
    }

    /// Whoever starts something asks first.
    static func check() throws {
        if isEnding.load(ordering: .acquiring) { throw BenchError("interrupted") }
    }

    /// Once it is ending, the rest of the program has nothing to say any more.
    static func waitIfEnding() {
        while isEnding.load(ordering: .acquiring) { pause() }
    }
}
