internal import Glibc
internal import Platform

/// Looks at the directories and the token.
struct HomeCheckup {
    /// What the run directory is called here.
    static let run = "run"

    let home: RbeeHome

    func findings() -> [Finding] {
        [run(), folder("data", home.data), folder("logs", home.logs)] + token()
    }

    private func run() -> Finding {
        do {
            let isThere = try RunDirectory.open(home.run, create: false) != nil
            if let why = Self.cannotBeWritten(home.run) {
                return .fail(Self.run, "\(home.run) cannot be written: \(why); no daemon can start", next: Self.elsewhere)
            }
            return .ok(Self.run, isThere ? "\(home.run) is ours alone" : "\(home.run) is made when the first daemon starts")
        } catch {
            return .fail(Self.run, error.message, next: help())
        }
    }

    private static let elsewhere = "export RBEE_HOME=DIR"

    /// What helps with a run directory that cannot be used: its mode can be mended, where it is ours.
    private func help() -> String {
        var about = stat()
        guard lstat(home.run, &about) == 0, about.st_uid == geteuid() else { return Self.elsewhere }
        guard about.st_mode & S_IFMT == S_IFDIR else { return "mv '\(home.run)' '\(home.run).old'" }
        // With the right mode it is the directory above that is wrong.
        return about.st_mode & 0o777 == 0o700 ? Self.elsewhere : "chmod 700 '\(home.run)'"
    }

    /// Why nothing can be written at a path, or made there; nil when it can.
    private static func cannotBeWritten(_ path: String) -> String? {
        var path = path
        while access(path, F_OK) != 0, errno == ENOENT, let slash = path.lastIndex(of: "/"), path != "/" {
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        return access(path, W_OK | X_OK) == 0 ? nil : SystemError.text(of: errno)
    }

    private func folder(_ subject: String, _ path: String) -> Finding {
        do {
            let found = try FileIdentity.of(path: path)
            if let found, found.kind != .directory { return .fail(subject, "\(path) is no directory", next: "mv '\(path)' '\(path).old'") }
            if let why = Self.cannotBeWritten(path) {
                return .fail(subject, "\(path) cannot be written: \(why)", next: found == nil ? Self.elsewhere : "chmod 700 '\(path)'")
            }
            guard let found else { return .ok(subject, "\(path) is made when it is needed") }
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
            do {
                _ = try AccessToken.load(in: run)
            } catch {
                return [.warn("token", error.message, next: "rbee-keeper doctor --fix")]
            }
            return [.ok("token", "\(path) is ours alone")]
        } catch {
            return [.fail("token", error.message)]
        }
    }
}
