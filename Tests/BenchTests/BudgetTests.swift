import BenchReport
import DaemonContract
import Testing

@Suite struct BudgetTests {
    private let floor = Samples([10, 10, 10])

    @Test(arguments: [
        (Budget.median(below: 20), [19.9, 1, 100], true), (.median(below: 20), [20, 1, 100], false),
        (.aboveFloor(5), [15, 1, 100], true), (.aboveFloor(5), [15.1, 1, 100], false),
        (.p99(below: 50), [1, 2, 49], true), (.p99(below: 50), [1, 2, 50], false),
        (.largest(below: 3), [2, 2.9, 1], true), (.largest(below: 3), [2, 3, 1], false),
        (.lastGrowth(0.5), [1, 9, 9.5], true), (.lastGrowth(0.5), [1, 9, 9.6], false), (.lastGrowth(0), [15, 15], true),
    ])
    func isKeptOrNot(budget: Budget, values: [Double], expected: Bool) {
        #expect(budget.holds(Samples(values), floor: floor) == expected)
    }

    @Test func whatCannotBeJudgedIsNotJudged() {
        #expect(Budget.aboveFloor(5).holds(Samples([1]), floor: nil) == nil)
        #expect(Budget.aboveFloor(5).holds(Samples([1]), floor: Samples()) == nil)
        #expect(Budget.median(below: 5).holds(Samples(), floor: nil) == nil)
        #expect(Budget.lastGrowth(5).holds(Samples([1]), floor: nil) == nil)
    }

    @Test func aRowKeepsAllOfItsBudgetsOrMisses() {
        func holds(_ budgets: [Budget]) -> Bool? {
            Row("b", "n", unit: .microseconds, subject: Samples([10, 10, 600]), budgets: budgets).holds
        }
        #expect(holds([.median(below: 20)]) == true)
        #expect(holds([.median(below: 20), .p99(below: 500)]) == false)
        // Without a floor the other budget is still judged.
        #expect(holds([.median(below: 20), .aboveFloor(1)]) == true)
        #expect(holds([.aboveFloor(1)]) == nil)
        #expect(holds([]) == nil)
    }

    @Test(arguments: [Budget.median(below: 40), .aboveFloor(10), .p99(below: 500), .largest(below: 1), .lastGrowth(0.04)])
    func comesBackFromTheWire(budget: Budget) throws {
        let text = try ContractJSON.encodeText(budget)
        #expect(try ContractJSON.decode(Budget.self, text: text) == budget)
    }

    @Test func readsAsInTheTable() {
        #expect(Budget.median(below: 40).text(.milliseconds) == "< 40 ms")
        #expect(Budget.aboveFloor(10).text(.microseconds) == "floor + 10 µs")
        #expect(Budget.p99(below: 500).text(.microseconds) == "p99 < 500 µs")
        #expect(Budget.largest(below: 110).text(.milliseconds) == "all < 110 ms")
        #expect(Budget.lastGrowth(0).text(.count) == "last round + 0")
    }
}
