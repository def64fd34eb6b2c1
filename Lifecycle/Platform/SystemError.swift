import CPlatform
import Glibc

/// What the operating system, or a check of what it returned, refused.
package struct SystemError: Error, Sendable {
    /// The kind of refusal, for programs to tell apart.
    package struct Code: Hashable, Sendable, RawRepresentable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A system call failed; `number` is its errno.
        package static let system = Code(rawValue: "system")
        /// A name, path or text is not of the form asked for.
        package static let invalidValue = Code(rawValue: "invalid_value")
        /// A directory that must be ours alone is a link, another user's, or open to others.
        package static let unsafeDirectory = Code(rawValue: "unsafe_directory")
        /// The file system has no open-file-description locks.
        package static let locksUnsupported = Code(rawValue: "locks_unsupported")
        /// A file does not hold what it must; the caller sets it aside.
        package static let corrupt = Code(rawValue: "corrupt")
        /// A process must not be watched or signalled by us.
        package static let forbiddenProcess = Code(rawValue: "forbidden_process")
    }

    /// The kind of refusal.
    package var code: Code
    /// The errno, or 0 where a check of ours refused.
    package var number: Int32
    /// What failed and why, for people, with the command that helps where there is one.
    package var message: String
    /// The file concerned.
    package var path: String?
    /// The error that led to this one.
    package var underlying: (any Error)?

    /// An error that a check of ours raises.
    package init(_ code: Code, _ message: String, path: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.number = 0
        self.message = message
        self.path = path
        self.underlying = underlying
    }

    /// A failed system call.
    ///
    /// - Parameters:
    ///   - number: its errno, read before anything else could change it.
    ///   - operation: what could not be done, after "cannot": "open", "bind the socket".
    package init(errno number: Int32, _ operation: String, path: String? = nil) {
        self.code = .system
        self.number = number
        self.message = "cannot \(operation)\(path.map { " \($0)" } ?? ""): \(SystemError.text(of: number))"
        self.path = path
    }

    /// The system's words for an errno with its name: "No such file or directory (ENOENT)".
    package static func text(of number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        rbee_error_text(number, &buffer, buffer.count)
        let words = buffer.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) ?? "" }
        let name = rbee_error_name(number).map(String.init(cString:)) ?? ""
        return name.isEmpty ? words : "\(words) (\(name))"
    }
}

extension SystemError: CustomStringConvertible {
    package var description: String { message }
}
