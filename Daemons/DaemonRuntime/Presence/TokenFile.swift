internal import Platform
internal import Synchronization

/// The token of a run directory, which all daemons there share: made where it is missing, and read again when another one stands there.
final class TokenFile: Sendable {
    private struct State {
        var token: AccessToken
        var identity: FileIdentity?
    }

    private static let name = "token"

    private let runPath: String
    private let log: JSONLinesLog
    private let state: Mutex<State>

    init(runPath: String, log: JSONLinesLog) throws(SystemError) {
        self.runPath = runPath
        self.log = log
        let run = try RunDirectory.make(runPath)
        // Looked at before it is read: what replaces it in between is found at the next look.
        let identity = try run.stat(Self.name)
        state = Mutex(State(token: try Self.load(in: run, log), identity: identity))
    }

    /// The token as it was when it was last looked at.
    var text: String {
        state.withLock { $0.token.text }
    }

    /// The token that stands there now, for calls to others: they may have been started after it was replaced.
    var current: String {
        let (token, identity) = state.withLock { ($0.token, $0.identity) }
        let found = (try? FileIdentity.of(path: "\(runPath)/\(Self.name)")) ?? nil
        if let found, found == identity { return token.text }
        // What cannot be read is told once a second; until then the one that is known is as good as any.
        try? look()
        return text
    }

    /// Looks whether the file is as it was read. One that is gone comes back with what we know, so that whoever has read it goes on.
    func look() throws(SystemError) {
        // Where the run directory is gone as well, it is made again by whoever looks after lock and sockets.
        guard let run = try RunDirectory.open(runPath, create: false) else { return }
        let found = try run.stat(Self.name)
        let (token, identity) = state.withLock { ($0.token, $0.identity) }
        // Device and inode are not enough: a file that is made where another was removed often gets its inode.
        if let found, found == identity { return }
        if found == nil { _ = try run.createAtomically(Self.name, Array("\(token.text)\n".utf8), durable: true) }
        // Somebody else may have been faster: theirs counts for all.
        let seen = try run.stat(Self.name)
        let standing = try Self.load(in: run, log)
        state.withLock { state in
            state.token = standing
            state.identity = seen
        }
    }

    private static func load(in run: RunDirectory, _ log: JSONLinesLog) throws(SystemError) -> AccessToken {
        let token = try AccessToken.loadOrCreate(in: run) { error in
            log.warning("The token could not be read.", ["why": .text(error.message)])
        }
        log.conceal(token.text)
        return token
    }
}
