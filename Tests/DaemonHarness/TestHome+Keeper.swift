internal import EventLoop
internal import Glibc
internal import Platform

/// The built programs, run by hand in a home.
extension TestHome {
    /// What a program that is run by hand finds in its environment, and nothing else. An empty value takes a variable away.
    package func programEnvironment(_ more: [String: String] = [:]) -> [String: String] {
        var variables = ["RBEE_HOME": path, "RBEE_BIN_DIR": Self.binaries, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        variables.merge(environment) { $1 }
        for (name, value) in more { variables[name] = value.isEmpty ? nil : value }
        return variables
    }

    /// Starts the keeper.
    ///
    /// - Parameter prefix: an absolute path of a program, and arguments, that run it (`/usr/bin/setpriv …`).
    package func startKeeper(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", under prefix: [String] = []
    ) throws -> KeeperProcess {
        let words = prefix + ["\(Self.binaries)/rbee-keeper"] + arguments
        return try KeeperProcess(words[0], Array(words.dropFirst()), environment: programEnvironment(environment), input: input)
    }

    /// Runs the keeper to its end.
    @discardableResult
    package func keeper(_ arguments: String..., environment: [String: String] = [:]) async throws -> KeeperProcess.Outcome {
        try await startKeeper(arguments, environment: environment).finish()
    }

    /// Runs a line of shell to its end. Its first argument, `$0`, is the directory of the built programs.
    ///
    /// - Parameter prefix: an absolute path of a program, and arguments, that run the shell (`/usr/bin/unshare -rm`).
    package func shell(
        _ line: String, environment: [String: String] = [:], under prefix: [String] = []
    ) async throws -> KeeperProcess.Outcome {
        let words = prefix + ["/bin/sh", "-c", line, Self.binaries]
        return try await KeeperProcess(words[0], Array(words.dropFirst()), environment: programEnvironment(environment)).finish()
    }

    /// Whether this machine lets a program run under another one: `unshare` with such and such options, or `setpriv`.
    package static func canRun(_ words: String...) -> Bool {
        guard let process = try? KeeperProcess(words[0], Array(words.dropFirst()) + ["/bin/true"], environment: [:]),
            let watch = try? ProcessWatch.open(pid: process.pid)
        else { return false }
        guard watch.waitForExit(milliseconds: 20_000) else { return false }
        return (try? watch.reap(waiting: true)) == .exit(0)
    }
}
