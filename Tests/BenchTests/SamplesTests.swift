import BenchReport
import DaemonContract
import Testing

@Suite struct SamplesTests {
    @Test(arguments: [
        (0.0, 1.0), (0.01, 1.0), (0.1, 1.0), (0.11, 2.0), (0.5, 5.0), (0.51, 6.0), (0.9, 9.0), (0.99, 10.0), (1.0, 10.0),
    ])
    func nearestRankOfTen(share: Double, expected: Double) {
        let samples = Samples([7, 3, 10, 1, 9, 2, 8, 4, 6, 5])
        #expect(samples.percentile(share) == expected)
    }

    /// 0.29 × 100 is a little more than 29 in binary, and must not be rank 30.
    @Test func aSharesBinaryFractionMovesNoRank() {
        let samples = Samples((1...100).map(Double.init))
        for percent in 1...100 {
            #expect(samples.percentile(Double(percent) / 100) == Double(percent))
        }
    }

    @Test func everyPercentileOfOneSampleIsIt() {
        #expect(Samples([4.5]).percentiles([0, 0.5, 0.999, 1]) == [4.5, 4.5, 4.5, 4.5])
    }

    @Test func withoutSamplesThereIsNoNumber() {
        #expect(Samples().median.isNaN)
        #expect(Samples().isEmpty)
    }

    @Test(arguments: [
        (0.0, 0.0), (0.0123456, 0.01235), (7.61234, 7.612), (99.99, 99.99), (1234.56, 1235.0), (117_073.4, 117_073.0), (-3.14159, -3.142),
        (.infinity, 0.0),
    ])
    func aFileKeepsFourDigits(value: Double, expected: Double) {
        #expect(Samples([value]).rounded.values == [expected])
    }

    @Test func onTheWireTheyAreAListOfNumbers() throws {
        let samples = Samples([1, 2.5])
        #expect(try ContractJSON.encodeText(samples) == "[1,2.5]")
        #expect(try ContractJSON.decode(Samples.self, text: "[1,2.5]") == samples)
    }
}

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0.0, "0"), (0.0214, "0.021"), (0.5, "0.50"), (3.14159, "3.14"), (9.999, "10.00"), (12.34, "12.3"), (99.96, "100.0"),
        (153.4, "153"),
        (47_210.6, "47211"), (5.0, "5"), (-2.5, "-2.50"), (.nan, "-"), (1e300, "1e+300"),
    ])
    func short(value: Double, expected: String) {
        #expect(NumberText.short(value) == expected)
    }

    @Test(arguments: [(1.005, 1, "1.0"), (0.05, 2, "0.05"), (-0.04, 1, "0.0"), (2, 2, "2.00"), (.infinity, 2, "-")])
    func decimal(value: Double, digits: Int, expected: String) {
        #expect(NumberText.decimal(value, digits: digits) == expected)
    }

    @Test func aUnitFollowsItsNumber() {
        #expect(Unit.milliseconds.text(30) == "30 ms")
        #expect(Unit.count.text(16) == "16")
        #expect(Unit.perSecond.text(63_909) == "63909/s")
    }
}
