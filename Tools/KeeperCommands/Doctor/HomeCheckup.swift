internal import Glibc
internal import Platform

/// Looks at the directories and the token.
struct HomeCheckup {
    let home: RbeeHome

    func findings() -> [Finding] {
        [run(), folder("data", home.data), folder("logs", home.logs)] + token()
    }

    private func run() -> Finding {
        do {
            guard try RunDirectory.open(home.run, create: false) != nil else {
                return .ok("run", "\(home.run) is made when the first daemon starts")
            }
            return .ok("run", "\(home.run) is ours alone")
        } catch {
            return .fail("run", error.message, next: "chmod 700 '\(home.run)'")
        }
    }

    private func folder(_ subject: String, _ path: String) -> Finding {
        do {
            guard let found = try FileIdentity.of(path: path) else { return .ok(subject, "\(path) is made when it is needed") }
            guard found.kind == .directory else { return .fail(subject, "\(path) is no directory", next: "mv '\(path)' '\(path).old'") }
            guard access(path, W_OK | X_OK) == 0 else {
                return .fail(subject, "\(path) cannot be written: \(SystemError.text(of: errno))", next: "chmod 700 '\(path)'")
            }
            guard found.permissions & 0o022 == 0 else {
                let mode = String(found.permissions, radix: 8)
                return .warn(subject, "\(path) can be written by others (mode 0\(mode))", next: "chmod 700 '\(path)'")
            }
            return .ok(subject, path)
        } catch {
            return .fail(subject, error.message)
        }
    }

    private func token() -> [Finding] {
        guard let run = try? RunDirectory.open(home.run, create: false) else { return [] }
        let path = "\(home.run)/token"
        do {
            guard let found = try run.stat("token") else { return [.ok("token", "\(path) is made when the first daemon starts")] }
            guard found.kind == .regular, found.owner == geteuid(), found.permissions & 0o077 == 0 else {
                let mode = String(found.permissions, radix: 8)
                return [.fail("token", "\(path) can be read by others, or is no file of ours (mode 0\(mode))", next: "chmod 600 '\(path)'")]
            }
            return [.ok("token", "\(path) is ours alone")]
        } catch {
            return [.fail("token", error.message)]
        }
    }
}
