/// The secret that allows changing calls over TCP: `run/token`, 32 random bytes as hexadecimal digits, for this user's eyes only.
package struct AccessToken: Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    package let text: String

    private static let name = "token"

    /// The token of a run directory, or nil when there is none.
    ///
    /// - Throws: `corrupt` when the file holds something else.
    package static func load(in run: RunDirectory) throws(SystemError) -> AccessToken? {
        guard let bytes = try run.read(name, limit: 1024) else { return nil }
        var digits = bytes[...]
        if digits.last == UInt8(ascii: "\n") { digits.removeLast() }
        guard digits.count == 64, Hexadecimal.isLowercase(digits) else {
            throw SystemError(.corrupt, "\(run.path)/\(name) does not hold a token of 64 hexadecimal digits", path: "\(run.path)/\(name)")
        }
        return AccessToken(text: String(decoding: digits, as: UTF8.self))
    }

    /// The token of a run directory, drawn and written durably where there is none. Of several that try at once, all return the same.
    ///
    /// - Parameter report: is told of a corrupt file, which is set aside and replaced.
    package static func loadOrCreate(in run: RunDirectory, report: (SystemError) -> Void) throws(SystemError) -> AccessToken {
        for _ in 0..<100 {
            do throws(SystemError) {
                if let token = try load(in: run) { return token }
            } catch {
                guard error.code == .corrupt else { throw error }
                let aside = try run.quarantine(name)
                var told = error
                told.message += "; it was set aside as \(aside) and a new one made"
                report(told)
            }
            let token = AccessToken(text: Hexadecimal.random(bytes: 32))
            if try run.createAtomically(name, Array("\(token.text)\n".utf8), durable: true) { return token }
        }
        throw SystemError(.corrupt, "\(run.path)/\(name) keeps changing", path: "\(run.path)/\(name)")
    }

    /// Whether a caller's text is the token, in a time that does not tell how much of it is right.
    package func matches(_ candidate: some StringProtocol) -> Bool {
        let (own, other) = (Array(text.utf8), Array(candidate.utf8))
        guard own.count == other.count else { return false }
        return zip(own, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension AccessToken: CustomStringConvertible {
    /// Never the secret itself.
    package var description: String { "(token)" }
}
