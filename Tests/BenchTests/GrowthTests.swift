import BenchReport
import Testing

@Suite struct GrowthTests {
    private func growth(_ points: (Int, Double)...) -> Growth {
        var growth = Growth()
        for (count, cost) in points { growth.add(count, cost) }
        return growth
    }

    @Test func whatCostsTheSameDoesNotGrow() {
        let flat = growth((10, 5), (100, 7), (10_000, 5))
        #expect(flat.exponent == 0)
        #expect(!flat.grows)
        #expect(flat.sentence("a ping") == "a ping stays what it is from 10 to 10000: 5 at 10, 7 at 100, 5 at 10000")
    }

    @Test func whatCostsSoMuchMoreGrows() {
        let linear = growth((10, 1), (10_000, 1_000))
        #expect(linear.exponent.map { ($0 * 1_000).rounded() } == 1_000)
        #expect(linear.grows)
        #expect(linear.sentence("a scan") == "a scan GROWS with the power 1.00: 1 at 10, 1000 at 10000")
    }

    @Test func twiceAsDearForAThousandTimesAsMuchIsTheLimit() {
        #expect(!growth((10, 1), (10_000, 1.99)).grows)
        #expect(growth((10, 1), (10_000, 2.01)).grows)
    }

    @Test func withoutTwoPointsNothingIsSaid() {
        #expect(growth().sentence("x") == nil)
        #expect(growth((10, 1)).exponent == nil)
        #expect(growth((10, 0), (100, 1)).exponent == nil)
        #expect(growth((10, 1), (100, 0)).exponent == nil)
    }
}
