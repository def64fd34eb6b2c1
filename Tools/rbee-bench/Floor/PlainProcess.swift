internal import BenchReport
internal import Glibc

/// What stopping any process costs: a `sleep`, from SIGTERM until it has been waited for.
enum PlainProcess {
    /// - Returns: milliseconds.
    static func timeToStop() throws -> Double {
        let child = try Child("/bin/sleep", ["1000"])
        // Until it has become the program: what is killed before that is another, smaller process.
        for _ in 0..<1_000 where !ProcFolder.text("/proc/\(child.pid)/cmdline").hasPrefix("/bin/sleep") { usleep(500) }
        let begun = Clock.now
        child.signal(SIGTERM)
        let code = child.wait()
        let took = Clock.milliseconds(since: begun)
        guard code == 128 + SIGTERM else { throw BenchError("/bin/sleep was asked to end and exited with \(code)") }
        return took
    }
}
