import Glibc
import Platform
import Testing

@Suite struct RbeeHomeTests {
    @Test func oneFolderForEverything() throws {
        let home = try RbeeHome.fromEnvironment(["RBEE_HOME": "/srv/rbee", "HOME": "/home/a", "XDG_STATE_HOME": "/s"])
        #expect(home == RbeeHome(root: "/srv/rbee"))
        #expect(home.run == "/srv/rbee/run" && home.data == "/srv/rbee/data" && home.logs == "/srv/rbee/logs")
        #expect(home.bin == "/srv/rbee/bin" && home.configFile == "/srv/rbee/config.yaml")
        #expect(try RbeeHome.fromEnvironment(["RBEE_HOME": "/srv/rbee//"]) == home)
    }

    @Test(arguments: ["rbee", "./rbee", "~/rbee", " /rbee", "/a\0b"]) func relativeFolderIsAnError(path: String) {
        #expect(failure { _ = try RbeeHome.fromEnvironment(["RBEE_HOME": path]) }?.code == .invalidValue)
    }

    @Test func directoriesOfTheDesktop() throws {
        let temporary = try TemporaryHome()
        let home = try RbeeHome.fromEnvironment(["HOME": temporary.path, "RBEE_HOME": "", "XDG_RUNTIME_DIR": "/run/user/1"])
        #expect(home.run == "\(temporary.path)/.local/state/rbee/run" && home.logs == "\(temporary.path)/.local/state/rbee/logs")
        #expect(home.data == "\(temporary.path)/.local/share/rbee" && home.configFile == "\(temporary.path)/.config/rbee/config.yaml")
        #expect(home.bin == "\(temporary.path)/.local/bin")
        let moved = try RbeeHome.fromEnvironment([
            "HOME": "/home/a", "XDG_STATE_HOME": "\(temporary.path)/s", "XDG_DATA_HOME": "\(temporary.path)/d/", "XDG_CONFIG_HOME": "/c",
        ])
        #expect(
            moved.run == "\(temporary.path)/s/rbee/run" && moved.data == "\(temporary.path)/d/rbee"
                && moved.configFile == "/c/rbee/config.yaml")
    }

    @Test func relativeDirectoriesAreIgnored() throws {
        let temporary = try TemporaryHome()
        let home = try RbeeHome.fromEnvironment([
            "HOME": temporary.path, "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "./c",
        ])
        #expect(home.run == "\(temporary.path)/.local/state/rbee/run" && home.data == "\(temporary.path)/.local/share/rbee")
        #expect(home.configFile == "\(temporary.path)/.config/rbee/config.yaml")
    }

    @Test func placesThatCannotBeWrittenAreReplaced() throws {
        let temporary = try TemporaryHome()
        // Nobody, root neither, can make a directory inside a file.
        let file = "\(temporary.path)/file"
        try AtomicFile.write(file, [], durable: false)
        let home = try RbeeHome.fromEnvironment(["HOME": "\(file)/home"])
        let fallback = "/var/tmp/rbee-\(geteuid())"
        #expect(home.run == "\(fallback)/run" && home.logs == "\(fallback)/logs" && home.data == "\(fallback)/data")
        #expect(home.configFile == "\(file)/home/.config/rbee/config.yaml")
    }

    @Test func withoutHomeTheAccountsIsUsed() throws {
        let home = try RbeeHome.fromEnvironment([:])
        #expect(home.run.hasPrefix("/") && home.run.hasSuffix("/run"))
    }
}
