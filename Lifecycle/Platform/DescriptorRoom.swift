import Glibc

/// Room for descriptors, looked for before something is begun that ends the process where it gets none.
package enum DescriptorRoom {
    /// Makes sure that so many descriptors could be opened now. Takes none: whoever else needs one just then must get it. Others may open some
    /// at any time, so ask for more than are needed.
    ///
    /// - Throws: EMFILE, with the command that helps.
    package static func check(for count: Int) throws(SystemError) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        var (free, number) = (0, Int32(0))
        while free < count {
            guard number < Int32(clamping: limit.rlim_cur) else {
                var error = SystemError(errno: EMFILE, "open the \(count) descriptors that a start needs")
                error.message += "; this process may have \(limit.rlim_cur): close some, or allow more with: ulimit -n"
                throw error
            }
            if fcntl(number, F_GETFD) < 0 { free += 1 }
            number += 1
        }
    }
}
