import Testing

@testable import Worker

@Suite struct HiveAbsenceTests {
    @Test func aWorkerLeavesWhenItsHiveIsAwayAndNobodyUsesIt() {
        var absence = HiveAbsence()
        #expect(!absence.shouldLeave(at: .seconds(5000), lastUsed: .zero))
        absence.missed(at: .seconds(100))
        absence.missed(at: .seconds(400))
        #expect(!absence.shouldLeave(at: .seconds(699), lastUsed: .zero))
        #expect(absence.shouldLeave(at: .seconds(700), lastUsed: .zero))
        #expect(absence.shouldLeave(at: .seconds(700), lastUsed: .seconds(100)))
        #expect(!absence.shouldLeave(at: .seconds(700), lastUsed: .seconds(101)))
        absence.answered()
        #expect(!absence.shouldLeave(at: .seconds(9000), lastUsed: .zero))
        absence.missed(at: .seconds(9000))
        #expect(!absence.shouldLeave(at: .seconds(9001), lastUsed: .zero))
    }
}
