import EventLoop
import Glibc

/// Shows before the first storm that this program would see what it looks for: a check that cannot fail is none.
struct SelfCheck: Sendable {
    let run: ChaosRun

    func violations() async -> [Violation] {
        var missing: [String] = []
        if await !eventually({ run.bystanders.all.allSatisfy(\.isReady) }) { missing.append("bystanders do not come up") }
        if !run.bystanders.violations().isEmpty { missing.append("bystanders that nobody touched complain") }
        // Those with a home in their environment are found by it.
        let expected = Set(run.bystanders.all.enumerated().filter { $0.offset % 3 != 2 }.map(\.element.identity.pid))
        if Set(run.reader.processes().map(\.pid)) != expected { missing.append("processes with a home in their environment are not found") }
        if Set(Cleaner(root: run.root).pids()) != Set(run.bystanders.all.map(\.identity.pid)) {
            missing.append("what would have to be cleaned up is not found")
        }
        for (signal, what) in [
            (SIGTERM, "got signal \(SIGTERM)"), (SIGCONT, "got signal \(SIGCONT)"), (SIGSTOP, "suspended"), (SIGKILL, "killed"),
        ] {
            guard let victim = try? Bystander(number: 100 + Int(signal), root: run.root, home: nil, name: "rbee-worker") else {
                missing.append("a bystander cannot be started")
                continue
            }
            _ = await eventually { victim.isReady }
            victim.signal(signal)
            if await !eventually({ victim.injuries().contains { $0.contains(what) } }) {
                missing.append("signal \(signal) to a bystander goes unseen")
            }
            victim.end()
        }
        return missing.map { Violation(.neverTheWrongProcess, "the harness itself fails: \($0)") }
    }

    private func eventually(_ look: () -> Bool) async -> Bool {
        for _ in 0..<600 {
            if look() { return true }
            await run.rest(.milliseconds(50))
        }
        return false
    }
}
