import FoundationEssentials
import Glibc
import Platform
import Testing

@testable import DaemonRuntime

/// A fresh folder, removed with all that is in it when the value goes.
final class TemporaryHome: Sendable {
    let path: String
    var home: RbeeHome { RbeeHome(root: path) }

    init() throws {
        var template = Array("/tmp/rbee-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func contents(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path + "/" + name).map { Array($0) }
    }

    func exists(_ name: String) -> Bool {
        var about = stat()
        return lstat(path + "/" + name, &about) == 0
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path + "/" + name)
    }

    func inode(_ name: String) -> UInt64? {
        var about = stat()
        return lstat(path + "/" + name, &about) == 0 ? UInt64(about.st_ino) : nil
    }
}
