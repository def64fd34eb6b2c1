import Testing

@testable import Worker

@Suite struct SamplerTests {
    private func draws(_ count: Int, _ probabilities: [Double], temperature: Double, topP: Double = 1, seed: UInt64 = 5) -> [Int?] {
        var sampler = Sampler(.init(temperature: temperature, topP: topP, seed: seed))
        return (0..<count).map { _ in sampler.draw(from: probabilities) }
    }

    @Test func zeroTemperatureTakesTheFirstOfTheLikeliest() {
        #expect(Set(draws(50, [0.1, 0.4, 0.4, 0.1], temperature: 0)) == [1])
        #expect(Set(draws(50, [0.1, 0.4, 0.4, 0.1], temperature: 1e-9)) == [1])
    }

    @Test func nothingLikelyGivesNothing() {
        #expect(draws(1, [], temperature: 1) == [nil])
        #expect(draws(1, [0, 0], temperature: 1) == [nil])
        #expect(draws(1, [0, 0], temperature: 0) == [nil])
    }

    @Test func equalSeedsGiveEqualDraws() {
        let probabilities = (1...50).map { 1 / Double($0) }
        #expect(draws(200, probabilities, temperature: 1, seed: 9) == draws(200, probabilities, temperature: 1, seed: 9))
        #expect(draws(200, probabilities, temperature: 1, seed: 9) != draws(200, probabilities, temperature: 1, seed: 10))
    }

    @Test func theImpossibleIsNeverDrawn() {
        #expect(!draws(2000, [0, 0.5, 0, 0.5, 0], temperature: 2).contains { $0 == 0 || $0 == 2 || $0 == 4 })
    }

    @Test func drawsFollowTheProbabilities() {
        let counts = draws(10_000, [0.7, 0.2, 0.1], temperature: 1).reduce(into: [0, 0, 0]) { $0[$1 ?? 0] += 1 }
        #expect(abs(counts[0] - 7000) < 250 && abs(counts[1] - 2000) < 250 && abs(counts[2] - 1000) < 250)
    }

    @Test func temperatureSharpensAndFlattens() {
        func first(_ temperature: Double) -> Int { draws(5000, [0.7, 0.3], temperature: temperature).count { $0 == 0 } }
        #expect(first(0.3) > first(1))
        #expect(first(1) > first(2))
    }

    @Test func topPKeepsTheLikeliestThatReachIt() {
        let probabilities = [0.1, 0.5, 0.3, 0.1]
        #expect(Set(draws(500, probabilities, temperature: 1, topP: 0.5)) == [1])
        #expect(Set(draws(500, probabilities, temperature: 1, topP: 0.51)) == [1, 2])
        #expect(Set(draws(500, probabilities, temperature: 1, topP: 0)) == [1])
        #expect(Set(draws(500, probabilities, temperature: 1, topP: 1)) == [0, 1, 2, 3])
    }
}
