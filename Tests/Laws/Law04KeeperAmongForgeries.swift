import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 4 as people meet it: the built keeper in a run directory full of forgeries.
@Suite struct Law04KeeperAmongForgeries {
    @Test("150 forged daemons with 450 handles: no command of the keeper signals a bystander or shows one as a daemon")
    func noCommandSignalsABystander() async throws {
        try await TestHome.with { home in
            var forger = try await Forger(seed: 4_100)
            let holder = try await forge(home, &forger)
            let pids = Set(forger.targets.map(\.bystander.pid))
            for command in [
                ["status"], ["status", "--json"], ["list", "--all", "--json"], ["doctor"], ["doctor", "--fix"], ["status", "worker/w1"],
                ["ping", "worker/w1"], ["worker", "stop", "w1"], ["worker", "logs", "w1"], ["queen", "stop", "q1"],
            ] {
                let outcome = try await home.startKeeper(command).finish()
                #expect(!(129...255).contains(outcome.exit), "\(command): \(outcome.exit) \(outcome.errors)")
                try await expectUntouched(forger, command)
            }
            let start = try await home.keeper("worker", "start", "w3", "--model", "builtin", "--json")
            #expect(start.exit == 0, "\(start.errors)")
            #expect(!pids.contains(try #require(try home.holder(.worker, "w3")).pid))
            for command in [["down"], ["shutdown-all"]] {
                let outcome = try await home.startKeeper(command).finish()
                // The locks that somebody holds are those of daemons that cannot be stopped: said, each by its name.
                let named = (0..<3).allSatisfy { outcome.errors.contains("worker/h\($0)") }
                #expect(command == ["down"] || (outcome.exit == 1 && named), "\(command): \(outcome.errors.suffix(2000))")
                try await expectUntouched(forger, command)
            }
            for folder in ["queen", "hive", "worker", "handles"] {
                let left = home.names(in: "run/\(folder)").filter {
                    $0.hasSuffix(".json") && !$0.contains("h0") && !$0.contains("h1") && !$0.contains("h2")
                }
                #expect(left == [], "shutdown-all leaves nothing of what does not run")
            }
            try await home.freed(.worker, "w3")
            #expect(try await holder.signals() == [])
        }
    }

    private func expectUntouched(_ forger: Forger, _ command: [String]) async throws {
        for target in forger.targets {
            let signals = try await target.bystander.signals()
            #expect(signals == [], "rbee-keeper \(command.joined(separator: " ")), seed \(forger.random.seed)")
        }
    }

    /// Fills a home with the traces of daemons that never were. Of three workers somebody holds the lock.
    private func forge(_ home: TestHome, _ forger: inout Forger) async throws -> Bystander {
        let handles = try RunDirectory.make("\(home.path)/run").makeSubdirectory("handles")
        let kinds: [(DaemonKind, String, Int)] = [(.queen, "q", 10), (.hive, "v", 10), (.worker, "w", 127), (.worker, "h", 3)]
        var locks: [FileLock] = []
        for (kind, prefix, count) in kinds {
            let directory = try home.directory(kind)
            for number in 0..<count {
                let instance = "\(prefix)\(number)"
                let forgery = try forger.next(unclaimed: true)
                let record = forger.record(forgery, kind, instance, in: home)
                try directory.writeAtomically("\(instance).json", try ContractJSON.encode(record))
                try home.writeRun("\(instance).lock", Array(forgery.line.text.utf8), kind: kind)
                for owner in ["keeper", "tester", "somebody"] {
                    let file = forger.handle(try forger.next(unclaimed: true), kind, instance, owner: owner, ages: [3600])
                    try handles.writeAtomically("\(kind)-\(instance).\(owner).json", try ContractJSON.encode(file))
                }
                if prefix == "h" { locks.append(try #require(try FileLock.acquire(in: directory, name: "\(instance).lock"))) }
            }
        }
        // Held by a process of its own, with nothing about it in the lines.
        let holder = try await Bystander(inheriting: locks.map(\.descriptor))
        for lock in locks { lock.release() }
        return holder
    }
}
