import DaemonHarness
import Testing

@testable import rbee_chaos

/// A failing seed replays: what is done is a function of the seed alone.
struct PlanTests {
    @Test func theSameSeedGivesTheSamePlan() {
        for seed: UInt64 in [0, 1, 42, .max] {
            let first = (0..<40).map { Planner(seed: seed).round($0) }
            // In another order: a round needs none of those before it.
            let again = (0..<40).reversed().map { Planner(seed: seed).round($0) }
            #expect(first == again.reversed())
        }
    }

    @Test func anotherSeedGivesAnotherPlan() {
        let plans = (0..<50).map { seed in (0..<3).map { Planner(seed: seed).round($0) } }
        #expect(Set(plans).count == 50)
    }

    /// Another process hashes otherwise: whatever came of the order in a set would differ.
    @Test func twoProcessesPrintTheSamePlan() async throws {
        let words = ["--plan", "--seed", "20", "--rounds", "30"]
        func plan(_ words: [String]) async throws -> String {
            let outcome = try await KeeperProcess("\(TestHome.binaries)/rbee-chaos", words, environment: ["PATH": "/usr/bin:/bin"]).finish()
            #expect(outcome.exit == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
            return outcome.output
        }
        let first = try await plan(words)
        #expect(try await plan(words) == first)
        #expect(first == (0..<30).flatMap { PlanText.lines(of: Planner(seed: 20).round($0)) }.map { "\($0)\n" }.joined())
        // A later round is the same without those before it.
        let last = try await plan(["--plan", "--seed", "20", "--from", "29", "--rounds", "1"])
        #expect(last.hasPrefix("round 29:") && first.hasSuffix(last))
    }

    /// The published first numbers of SplitMix64 for the seed 0.
    @Test func theGeneratorIsTheOneThatItSaysItIs() {
        var generator = SeededGenerator(seed: 0)
        #expect(
            [generator.next(), generator.next(), generator.next()] == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F])
        #expect((0..<1000).allSatisfy { _ in (3...7).contains(generator.number(in: 3...7)) })
    }

    /// What a plan is made of comes up: a role that is never struck or a file that is never damaged would be no test of anything.
    @Test func everythingComesUpInAPlan() {
        let rounds = (0..<200).map { Planner(seed: 5).round($0) }
        let roles = Set(rounds.flatMap(\.strikes).flatMap(\.roles))
        #expect(roles == Set(Role.allCases).subtracting([.bystander, .unknown, .oddChild]))
        let damages = rounds.flatMap(\.damages)
        for target in Damage.Target.allCases {
            let manners = Set(damages.filter { $0.target == target }.map(\.manner))
            #expect(manners == Set(Damage.manners(of: target)), "\(target)")
        }
        #expect(Set(rounds.map(\.ending)) == Set(Round.Ending.allCases))
        #expect(Set(rounds.map(\.home)) == [0, 1])
        #expect(Set(rounds.flatMap(\.callers).joined().map(\.charge)) == Set(Charge.stormy))
        let ruses = rounds.flatMap(\.ruses)
        #expect(Set(ruses.map(\.manner)) == Set(Ruse.Manner.allCases) && Set(ruses.map(\.knowsNonce)) == [true, false])
        #expect(Set(rounds.map(\.sparesFiles)) == [true, false] && rounds.allSatisfy { !$0.latecomers.isEmpty })
        #expect(rounds.allSatisfy { $0.strikes.allSatisfy { (0...5000).contains($0.at) } && !$0.witnesses.isEmpty })
    }
}
