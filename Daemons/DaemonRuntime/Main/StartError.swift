internal import DaemonContract
package import Platform

/// Why a daemon does not come up, or ends, with the code it exits with.
package struct StartError: Error, Sendable, CustomStringConvertible {
    /// An exit code and what it stands for. The numbers are those of `sysexits.h`.
    package struct Code: Hashable, Sendable, RawRepresentable {
        package let rawValue: Int32

        package init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// The command line does not say what to do.
        package static let usage = Code(rawValue: 64)
        /// Something of ours is broken.
        package static let software = Code(rawValue: 70)
        /// The system refused: a port that is taken, a directory that is not ours.
        package static let system = Code(rawValue: 71)
        /// Another process is this daemon.
        package static let lockLost = Code(rawValue: 75)
        /// The configuration is wrong.
        package static let configuration = Code(rawValue: 78)
    }

    package var code: Code
    /// What failed, why, and the command that helps where there is one: one line for people.
    package var message: String
    package var underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// What the system refused.
    package init(_ error: SystemError) {
        self.init(.system, error.message, underlying: error)
    }

    package var description: String { message }
}
