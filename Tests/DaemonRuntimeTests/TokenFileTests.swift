import Glibc
import Platform
import Testing

@testable import DaemonRuntime

/// The token of a run directory, as a daemon knows it.
@Suite struct TokenFileTests {
    private let home: TemporaryHome
    private let run: RunDirectory
    private let other = String(repeating: "0123456789abcdef", count: 4)

    init() throws {
        home = try TemporaryHome()
        run = try RunDirectory.make(home.path + "/run")
    }

    private func token() throws -> TokenFile {
        try TokenFile(runPath: run.path, log: JSONLinesLog(level: .error))
    }

    /// Another token under the same inode: as when a file is made where another was removed a moment before.
    private func overwrite() throws {
        let file = try run.openFile("token", flags: O_WRONLY | O_TRUNC)
        try file.write(Array("\(other)\n".utf8))
    }

    @Test func anotherTokenUnderTheSameInodeIsSeen() throws {
        let token = try token()
        let before = try run.stat("token")
        try overwrite()
        #expect(try before?.isSameFile(as: #require(try run.stat("token"))) == true)
        try token.look()
        #expect(token.text == other)
    }

    @Test func whatStandsThereNowIsCurrentBeforeAnyLook() throws {
        let token = try token()
        #expect(token.current == token.text)
        try overwrite()
        #expect(token.text != other)
        #expect(token.current == other)
        #expect(token.text == other)
    }

    @Test func aLostOneComesBackWhenItIsNeeded() throws {
        let token = try token()
        let known = token.text
        try run.remove("token")
        #expect(token.current == known)
        #expect(try AccessToken.load(in: run)?.text == known)
    }
}
