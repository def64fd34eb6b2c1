import ContextContract
import EventLoop
import Glibc
import Testing

@testable import Context

/// Projects in memory, and what is asked of them.
struct ProjectManagerTests {
    @Test func initializedOnceThroughAnyAlias() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager()
            try home.write("a.swift")
            symlink(home.project, "\(home.root)/link")
            let aliases = [home.project, "\(home.root)/link", "\(home.project)/", "\(home.root)/x/../project"]
            mkdir("\(home.root)/x", 0o700)
            #expect(try await manager.known(home.project) == nil)
            let won = await withTaskGroup(of: Int.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        do throws(ProjectError) {
                            let summary = try await manager.initialize(aliases[number % aliases.count], inBackground: false)
                            #expect(summary?.fileCount == 1)
                            return 1
                        } catch {
                            #expect(error.code == .alreadyInitialized)
                            return 0
                        }
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(won == 1)
            for alias in aliases { #expect(try await manager.known(alias)?.fileCount == 1) }
        }
    }

    /// What was in memory before would go on writing into the folder that is gone.
    @Test func initializedAgainAfterItsFolderWasMovedAway() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager()
            _ = try await manager.initialize(home.project, inBackground: false)
            let before = try await manager.project(home.project)
            let folder = "\(home.data)/projects/\(ProjectID(of: home.path))"
            try #require(rename(folder, "\(home.root)/away") == 0)
            _ = try await manager.initialize(home.project, inBackground: false)
            #expect(await manager.count == 1)
            #expect(try await manager.project(home.project) !== before)
            try await manager.graft(home.project, Experience(agentID: "a", decision: "kept", timestamp: 1))
            #expect(access("\(folder)/experience.jsonl", F_OK) == 0)
            #expect(access("\(home.root)/away/experience.jsonl", F_OK) != 0)
        }
    }

    @Test func whatIsNotInitialized() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager()
            #expect(await failure { _ = try await manager.context(home.project, prompt: nil) } == .notInitialized)
            #expect(await failure { _ = try await manager.context("/nowhere", prompt: nil) } == .invalidPath)
            #expect(try await manager.known("/nowhere") == nil)
            #expect(
                await failure { try await manager.graft(home.project, Experience(agentID: "a", decision: "d", timestamp: 1)) }
                    == .notInitialized)
            #expect(try home.store().folder(of: home.path) == nil, "asking made a folder")
        }
    }

    @Test func theLeastRecentlyUsedGoesAndComesBack() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager(capacity: 2)
            let names = (0..<4).map { "\(home.project)/p\($0)" }
            for (number, name) in names.enumerated() {
                try home.write("p\(number)/file\(number).c")
                _ = try await manager.initialize(name, inBackground: false)
            }
            #expect(await manager.count == 2)
            let first = try await manager.project(names[3])
            _ = try await manager.project(names[2])
            #expect(try await manager.project(names[3]) === first, "it was in memory")
            _ = try await manager.project(names[0])
            #expect(await manager.count == 2)
            #expect(try await manager.project(names[3]) === first, "the least recently used went, not this one")
            // What went out of memory is all there on disk.
            #expect(try await manager.context(names[1], prompt: nil).text.contains("file1.c"))
        }
    }

    @Test func manyWhoAskLoadOnce() async throws {
        try await ProjectHome.with { home in
            try home.write("a.c")
            _ = try await home.manager().initialize(home.project, inBackground: false)
            let manager = try home.manager()
            let loaded = try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
                for _ in 0..<30 { group.addTask { ObjectIdentifier(try await manager.project(home.project)) } }
                return try await group.reduce(into: Set<ObjectIdentifier>()) { $0.insert($1) }
            }
            #expect(loaded.count == 1)
            #expect(await manager.count == 1)
        }
    }

    @Test func aPreparedContextIsAHit() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager()
            try home.write("Parser.swift")
            _ = try await manager.initialize(home.project, inBackground: false)
            try await manager.prepare(home.project, prompt: "the Parser")
            let entry = try await manager.context(home.project, prompt: "the Parser")
            #expect(entry.nodes == ["Parser.swift"])
            #expect(await manager.hits == 1)
            #expect(await manager.misses == 0)
            _ = try await manager.context(home.project, prompt: nil)
            #expect(await manager.hits == 2)
            _ = try await manager.context(home.project, prompt: "other")
            #expect(await manager.misses == 1)
        }
    }

    @Test func aChangeThatWasSaidIsSeenByTheNextWhoAsks() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager()
            try home.write("old.c")
            try home.write("stays.c")
            _ = try await manager.initialize(home.project, inBackground: false)
            _ = try await manager.context(home.project, prompt: nil)
            try home.write("new.c", "1\n2\n")
            unlink("\(home.project)/old.c")
            for (name, change) in [("new.c", FileChange.created), ("\(home.project)/old.c", .deleted), ("../outside.c", .created)] {
                try await manager.changed(home.project, name, change)
            }
            let text = try await manager.context(home.project, prompt: nil).text
            #expect(text.contains("new.c") && !text.contains("old.c") && text.contains("stays.c"))
            #expect(try await manager.known(home.project)?.fileCount == 2)
        }
    }

    @Test func whatWasGraftedIsInTheNextContext() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager()
            _ = try await manager.initialize(home.project, inBackground: false)
            try await manager.prepare(home.project, prompt: nil)
            try await manager.graft(home.project, Experience(agentID: "me", decision: "use structs", timestamp: 1))
            #expect(try await manager.context(home.project, prompt: nil).text.contains("**me**: use structs"))
        }
    }

    @Test func rulesOfTheProjectAreRead() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager()
            try home.write(".rbee/rules.md", "# Rules\n- one\ntext\n  * two\n" + String(repeating: "\n", count: 20) + "- too far down\n")
            symlink("/etc/passwd", "\(home.project)/CONTRIBUTING.md")
            _ = try await manager.initialize(home.project, inBackground: false)
            let text = try await manager.context(home.project, prompt: nil).text
            #expect(text.contains("## Rules\n\n- one\n* two\n"))
            #expect(!text.contains("too far down") && !text.contains("root:"))
        }
    }

    @Test func changesAreNoticedWithoutBeingTold() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager(watching: true, quiet: 1_000_000)
            try home.write("sub/a.c")
            _ = try await manager.initialize(home.project, inBackground: false)
            try home.write("sub/b.c")
            try home.write("brand/new/c.c")
            try await EventLoop.shared.withDeadline(.seconds(60)) {
                while true {
                    let text = try await manager.context(home.project, prompt: nil).text
                    if text.contains("b.c"), text.contains("c.c") { break }
                    try await EventLoop.shared.sleep(for: .milliseconds(10))  // the manager tells nobody when it has seen a change
                }
            }
            unlink("\(home.project)/sub/a.c")
            try await EventLoop.shared.withDeadline(.seconds(60)) {
                while try await manager.context(home.project, prompt: nil).text.contains("a.c") {
                    try await EventLoop.shared.sleep(for: .milliseconds(10))  // the manager tells nobody when it has seen a change
                }
            }
            await manager.close()
        }
    }

    @Test func whatChangedWhileNobodyLookedIsFoundWhenItIsLoaded() async throws {
        try await ProjectHome.with { home in
            try home.write("a.c")
            _ = try await home.manager().initialize(home.project, inBackground: false)
            try home.write("b.c")
            #expect(try await home.manager().context(home.project, prompt: nil).text.contains("b.c"))
        }
    }

    @Test func inTheBackgroundTheAnswerComesFirst() async throws {
        try await ProjectHome.with { home in
            try home.write("a.c")
            let manager = try home.manager()
            #expect(try await manager.initialize(home.project, inBackground: true) == nil)
            #expect(try await manager.context(home.project, prompt: nil).text.contains("a.c"))
        }
    }

    @Test func memoryIsGivenBack() async throws {
        try await ProjectHome.with { home in
            let manager = try home.manager(capacity: 10)
            for number in 0..<5 {
                try home.write("p\(number)/a.c")
                _ = try await manager.initialize("\(home.project)/p\(number)", inBackground: false)
            }
            #expect(await manager.relieve(.high) == 1)
            #expect(await manager.count == 4)
            #expect(await manager.relieve(.critical) == 3)
            #expect(await manager.count == 1)
            #expect(await manager.relieve(.critical) == 0)
            #expect(try await manager.context("\(home.project)/p0", prompt: nil).text.contains("a.c"))
        }
    }

    @Test func pressureIsMeasuredOnWhatIsResidentNow() {
        let watch = MemoryWatch(limit: 1_000)
        #expect(watch.pressure(of: 699) == nil)
        #expect(watch.pressure(of: 700) == .high)
        #expect(watch.pressure(of: 899) == .high)
        #expect(watch.pressure(of: 900) == .critical)
        #expect(MemoryWatch.resident > 1 << 20)
    }
}
