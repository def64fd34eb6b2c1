internal import Glibc
package import OperationContract

extension HeartbeatTimestamp {
    /// This moment, by this machine's clock.
    package static func now() -> HeartbeatTimestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return HeartbeatTimestamp(unixMilliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
