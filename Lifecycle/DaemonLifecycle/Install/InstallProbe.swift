internal import DaemonContract
internal import Platform

/// Runs `<binary> --version` and leaves nothing of it running.
struct InstallProbe: Sendable {
    /// More output than this is not read, in bytes.
    private static let outputLimit = 64 << 10

    let patience: Duration

    /// Throws unless the binary answers, in time and as itself.
    ///
    /// - Parameters:
    ///   - path: what to run.
    ///   - name: as what it is to be installed.
    ///   - source: where it comes from, for messages.
    func check(_ path: String, name: String, source: String) throws(InstallError) {
        let line: String
        do {
            line = try ask(path, name: name)
        } catch {
            let why = error.message.hasPrefix(path) ? String(error.message.dropFirst(path.count + 1)) : error.message
            throw InstallError(error.code, "\(source) was not installed: \(why)", path: source, underlying: error)
        }
        // One daemon's program under another's name would only fail later, and be harder to understand.
        let word = line.split(whereSeparator: \.isWhitespace).first.map(String.init)
        if let word, word != name, DaemonKind.known.contains(where: { $0.binaryName == word }) {
            throw InstallError(.notVerified, "\(source) was not installed: it says that it is \(word), not \(name)", path: source)
        }
    }

    /// The first line that a binary prints when it is asked for its version.
    ///
    /// - Parameter name: what it is told that it is called.
    func ask(_ path: String, name: String) throws(InstallError) -> String {
        func failure(_ message: String, _ underlying: (any Error)? = nil) -> InstallError {
            InstallError(.notVerified, "\(path) \(message)", path: path, underlying: underlying)
        }
        let run: BoundedRun
        do {
            run = try BoundedRun.start(path, [name, "--version"], until: .now + patience)
        } catch {
            throw failure("cannot be run: \(SystemError.text(of: error.number))", error)
        }
        let (end, bytes) = run.finish(outputLimit: Self.outputLimit)
        let output = String(decoding: bytes, as: UTF8.self)
        let said = Self.said(output)
        switch end {
        case nil: throw failure("did not answer --version within \(DurationText.format(patience))\(said)")
        case .signal(let number): throw failure("was ended by signal \(number) when asked for its --version\(said)")
        case .exit(let status) where status != 0: throw failure("exited with status \(status) when asked for its --version\(said)")
        case .exit: return output.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        }
    }

    private static func said(_ output: String) -> String {
        let lines = output.split(whereSeparator: \.isNewline).suffix(4).map { "  \($0.prefix(300))" }
        return lines.isEmpty ? "" : ":\n\(lines.joined(separator: "\n"))"
    }
}
