internal import EventLoop

extension EventLoop {
    /// Waits until a descriptor is readable.
    ///
    /// - Returns: false when `limit` passed first, or the caller was cancelled.
    func isReadable(_ descriptor: Int32, within limit: Duration) async -> Bool {
        let once = ResumeOnce<Bool, Never>()
        let watch = watch(descriptor, for: .readable) { once.resume(with: .success(true)) }
        let timer = schedule(after: limit) { once.resume(with: .success(false)) }
        defer {
            watch.cancel()
            timer.cancel()
        }
        return await once.result { once.resume(with: .success(false)) }.get()
    }

    /// Waits until one of some descriptors is readable.
    ///
    /// - Returns: the first that was, or nil when `limit` passed first, or the caller was cancelled.
    func firstReadable(of descriptors: [Int32], within limit: Duration) async -> Int32? {
        let once = ResumeOnce<Int32?, Never>()
        let watches = descriptors.map { descriptor in
            watch(descriptor, for: .readable) { once.resume(with: .success(descriptor)) }
        }
        let timer = schedule(after: limit) { once.resume(with: .success(nil)) }
        defer {
            for watch in watches { watch.cancel() }
            timer.cancel()
        }
        return await once.result { once.resume(with: .success(nil)) }.get()
    }
}
