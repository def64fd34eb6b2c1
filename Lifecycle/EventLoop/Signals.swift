internal import CPlatform
internal import Glibc

extension EventLoop {
    /// Runs `body` on the loop once for each time `signal` arrives at the process, until the watch is cancelled.
    ///
    /// Armed when this returns. Several watches of one signal, on any loops, are all told; when the last one is cancelled, what the
    /// signal did before is restored. The C handler only counts and rings one eventfd of the process, so any thread may be hit.
    ///
    /// - Throws: `noResources` if no descriptor is left.
    package func onSignal(_ signal: Int32, _ body: @escaping @Sendable () -> Void) throws(EventLoopError) -> Watch {
        let bell = rbee_signal_bell()
        let relay = bell < 0 ? Int64(bell) : rbee_signal_relay_open(signal)
        guard relay >= 0 else {
            throw EventLoopError(.noResources, "signal \(signal) cannot be watched: \(String(cString: strerror(Int32(-relay))))")
        }
        let source = EventSource(loop: self, trigger: .rung(bell), repeats: true) {
            for _ in 0..<min(rbee_signal_relay_take(signal, relay), 16) {
                body()
            }
        }
        source.start()
        return Watch(source: source) { rbee_signal_relay_close(signal, relay) }
    }
}
