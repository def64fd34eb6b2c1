import DaemonContract
import Foundation
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// Handles and intents as files, and what is made of those that a dead starter left.
struct HandleLiveTests {
    private func handles(_ home: LiveHome) throws -> [HandleFile] {
        try HandleStore(home: RbeeHome(root: home.path)).all().handles
    }

    @Test func aStartLeavesAHandleWithAnIdentityAndAStopNone() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            let handle = try await lifecycle.ensure()
            let file = try #require(try handles(home).first)
            #expect(file.handle == handle)
            #expect(!file.intent && file.owner == "tester")
            let line = try #require(try home.holder())
            #expect(file.identity.nonce == line.nonce.text)
            #expect(file.identity.startTicks == line.startTicks)
            #expect(file.identity.bootID == line.bootID)
            #expect(file.identity.executable != nil)
            try await lifecycle.stop()
            #expect(try handles(home).isEmpty)
        }
    }

    @Test func aFailedStartLeavesNoIntent() async throws {
        try await LiveHome.with { home in
            let program = try home.script("dies", "exit 1")
            _ = try? await home.lifecycle(program: program).ensure()
            #expect(try handles(home).isEmpty)
        }
    }

    @Test func anAbandonedIntentIsRemovedAndAYoungOneIsLeft() async throws {
        try await LiveHome.with { home in
            let store = HandleStore(home: RbeeHome(root: home.path))
            let id = try DaemonID(kind: .worker, instance: "one")
            _ = try DaemonFiles.open(id, home: RbeeHome(root: home.path), create: true)
            try store.writeIntent(id, owner: "young", nonce: Nonce(), now: HandleStore.now())
            try store.writeIntent(id, owner: "old", nonce: Nonce(), now: HandleStore.now() - 3600)
            let notices = try store.resolve()
            #expect(notices.count == 1)
            #expect(notices.first?.text.contains("old") == true)
            #expect(try handles(home).map(\.owner) == ["young"])
        }
    }

    @Test func theIntentOfALivingDaemonIsCompleted() async throws {
        try await LiveHome.with { home in
            try await home.lifecycle().ensure()
            let line = try #require(try home.holder())
            let store = HandleStore(home: RbeeHome(root: home.path))
            let id = try DaemonID(kind: .worker, instance: "one")
            try store.writeIntent(id, owner: "tester", nonce: line.nonce, now: HandleStore.now())
            _ = try store.resolve()
            let file = try #require(try handles(home).first)
            #expect(!file.intent)
            #expect(file.handle?.processID == line.pid)
        }
    }

    @Test func aCorruptHandleIsNamedSetAsideAndTheRestGoesOn() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            let corrupt = "\(home.path)/run/handles/worker-two.tester.json"
            try "{\"handle\":".write(toFile: corrupt, atomically: false, encoding: .utf8)
            let (files, notices) = try HandleStore(home: RbeeHome(root: home.path)).all()
            #expect(files.count == 1)
            #expect(notices.first?.text.contains(corrupt) == true)
            #expect(!FileManager.default.fileExists(atPath: corrupt))
            try await lifecycle.stop()
        }
    }

    @Test func upkeepSetsCorruptFilesAsideNamesThemAndTheStartGoesOn() async throws {
        try await LiveHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            try await lifecycle.stop()
            for name in ["one.json", "one.last.json"] {
                try "{\"kind\": 7".write(toFile: "\(home.path)/run/worker/\(name)", atomically: false, encoding: .utf8)
            }
            let notices = try await Upkeep(home: home.path).run()
            #expect(notices.count == 2)
            #expect(notices.allSatisfy { $0.contains("/run/worker/one") && $0.contains("set aside") })
            #expect(try await Upkeep(home: home.path).run().isEmpty)
            #expect(try await lifecycle.ensure().shouldCleanup)
        }
    }
}
