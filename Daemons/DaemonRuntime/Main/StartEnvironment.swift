internal import DaemonContract
internal import Glibc
package import Platform

/// What a daemon is told by its environment, read once and then hidden from whatever it starts.
package struct StartEnvironment: Sendable {
    /// The environment the process was started with.
    package let variables: [String: String]
    /// The nonce its starter drew.
    package let nonce: Nonce?
    /// The descriptor of the lock that was taken for it.
    package let lockDescriptor: Int32?
    /// Who owns it.
    package let owner: String?
    /// Where to say that it is ready.
    package let notifier: ServiceNotifier?
    /// How often whoever watches wants to hear from it: half of that is when to speak.
    package let watchdog: Duration?

    /// Reads an environment.
    package init(_ variables: [String: String], pid: Int32) {
        self.variables = variables
        nonce = variables[DaemonEnvironment.nonce].flatMap { Nonce($0) }
        lockDescriptor = variables[DaemonEnvironment.lockDescriptor].flatMap { Int32($0) }
        owner = variables[DaemonEnvironment.owner].flatMap { $0.isEmpty ? nil : $0 }
        notifier = ServiceNotifier(environment: variables)
        // Set for another process when WATCHDOG_PID is not ours (sd_watchdog_enabled(3)).
        let isMeant = variables["WATCHDOG_PID"].map { $0 == String(pid) } ?? true
        watchdog = variables["WATCHDOG_USEC"].flatMap { UInt32($0) }.flatMap { isMeant && $0 > 0 ? .microseconds($0) : nil }
    }

    /// What was for this process alone. A leaked lock descriptor would hold the lock for a child's lifetime, a leaked nonce would make
    /// the child look like us, and a leaked notify socket let it speak for us.
    private static let hidden = [
        DaemonEnvironment.nonce, DaemonEnvironment.lockDescriptor, DaemonEnvironment.notifySocket, DaemonEnvironment.owner,
        "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "INVOCATION_ID", "JOURNAL_STREAM",
    ]

    /// Takes what is for this process alone out of its environment, which `/proc/PID/environ` goes on showing as it was. Only from the
    /// main thread, before any other.
    package static func take() -> StartEnvironment {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        for name in hidden { unsetenv(name) }
        return StartEnvironment(variables, pid: getpid())
    }
}
