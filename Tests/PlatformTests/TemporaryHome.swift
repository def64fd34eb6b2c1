import FoundationEssentials
import Glibc
import Platform
import Testing

/// A directory of a test's own under /tmp, removed with everything in it when the test ends.
final class TemporaryHome: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/rbee-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno: errno, "make a temporary directory") }
        path = template.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) ?? "" }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// `run` in it.
    func run() throws -> RunDirectory {
        try RunDirectory.make("\(path)/run")
    }
}
