import EventLoop

extension EventLoop {
    /// Waits until a descriptor is readable.
    ///
    /// - Returns: false when the limit passed first.
    func becomesReadable(_ descriptor: Int32, within limit: Duration) async -> Bool {
        let once = ResumeOnce<Bool, Never>()
        let watch = watch(descriptor, for: .readable) { once.resume(with: .success(true)) }
        let timer = schedule(after: limit) { once.resume(with: .success(false)) }
        defer {
            watch.cancel()
            timer.cancel()
        }
        return await once.value()
    }
}
