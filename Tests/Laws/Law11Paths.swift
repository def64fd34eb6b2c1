import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

/// Law 11's other half: our own user gets in, however long and whatever the path of the home is.
@Suite struct Law11Paths {
    /// What stands behind the home in the path of the queen's socket.
    private static let rest = "/run/queen/default.sock".utf8.count

    @Test("sockets at paths of 103, 104, 107, 108 and 400 bytes: start, status, infer, stop", arguments: [103, 104, 107, 108, 400])
    func length(_ length: Int) async throws {
        try await TestHome.with { home in
            var path = home.path
            let wanted = length - Self.rest
            // Folders of 60 bytes at most, the last one of what is left.
            while path.utf8.count < wanted {
                let room = wanted - path.utf8.count - 1
                path += "/" + String(repeating: "x", count: max(1, room > 62 ? 60 : room))
                mkdir(path, 0o700)
            }
            #expect("\(path)/run/queen/default.sock".utf8.count == length)
            try await use(home, path)
        }
    }

    @Test(
        "a path of many bytes a letter, one with blanks and quotes, one through a link",
        arguments: ["ü🐝中\u{0301}", "a b'c\"d$e\\f", "link"])
    func strange(_ name: String) async throws {
        try await TestHome.with { home in
            let path = "\(home.path)/\(name)"
            if name == "link" {
                mkdir("\(home.path)/real", 0o700)
                #expect(symlink("real", path) == 0)
            } else {
                mkdir(path, 0o700)
            }
            try await use(home, path)
            if name == "link" { #expect(home.exists("real/run/queen"), "the link is followed, and stays one") }
        }
    }

    /// A day in the life of a home.
    private func use(_ home: TestHome, _ path: String) async throws {
        let environment = ["RBEE_HOME": path]
        let up = try await home.keeper("up", "--port", "0", "--hive-port", "0", environment: environment)
        #expect(up.exit == 0, "\(up.errors)")
        let infer = try await home.keeper(
            "infer", "--model", "builtin", "--temperature", "0", "--max-tokens", "8", "The bees keep", environment: environment)
        #expect(infer.exit == 0 && !infer.output.isEmpty, "\(infer.errors)")
        let status = try await home.keeper("status", environment: environment)
        #expect(status.exit == 0 && status.output.split(separator: "\n").count { $0.contains(" ready ") } == 3, "\(status.output)")
        let doctor = try await home.keeper("doctor", environment: environment)
        #expect(doctor.output.contains("lock, record and socket agree"), "\(doctor.output)")
        let down = try await home.keeper("down", environment: environment)
        #expect(down.exit == 0, "\(down.errors)")
        let list = try await home.keeper("list", environment: environment)
        #expect(list.output == "no daemon runs\n", "\(list.output)")
        // Whatever came before: this home is not the one that is cleaned up.
        try await home.keeper("shutdown-all", environment: environment)
    }
}
