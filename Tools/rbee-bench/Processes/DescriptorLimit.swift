internal import Glibc
internal import Platform

/// How many descriptors this process, and what it starts, may have.
enum DescriptorLimit {
    /// Raises the soft limit, as far as the hard one lets it.
    ///
    /// - Returns: the limit that there is now.
    static func raise(to wanted: Int) throws -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { throw SystemError(errno: errno, "ask for the limit of descriptors") }
        if limit.rlim_cur < rlim_t(wanted) {
            limit.rlim_cur = min(limit.rlim_max, rlim_t(wanted))
            guard setrlimit(resource, &limit) == 0 else { throw SystemError(errno: errno, "raise the limit of descriptors") }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
