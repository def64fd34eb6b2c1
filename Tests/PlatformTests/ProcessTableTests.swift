import Glibc
import Platform
import Testing

@Suite struct ProcessTableTests {
    private static func process(_ pid: Int32, parent: Int32, start: UInt64 = 100, state: String = "S") throws -> ProcessStat {
        let line = "\(pid) (x) \(state) \(parent) 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 \(start) 0 0\n"
        return try #require(ProcessStat(line: Array(line.utf8)))
    }

    private func descendants(_ processes: [ProcessStat], of pid: Int32) -> [Int32] {
        ProcessTable(processes).descendants(of: pid).map(\.pid).sorted()
    }

    @Test func wholeSubtreeAndNobodyElse() throws {
        let table = try [
            Self.process(1, parent: 0), Self.process(10, parent: 1), Self.process(11, parent: 10), Self.process(12, parent: 11),
            Self.process(13, parent: 12), Self.process(14, parent: 10), Self.process(20, parent: 1), Self.process(21, parent: 20),
        ]
        #expect(descendants(table, of: 10) == [11, 12, 13, 14])
        #expect(descendants(table, of: 20) == [21])
        #expect(descendants(table, of: 21) == [])
        #expect(descendants(table, of: 99) == [])
        #expect(descendants(table.reversed(), of: 10) == [11, 12, 13, 14])
    }

    @Test func theDeadAndTheirNumbersAreLeftOut() throws {
        let table = try [Self.process(10, parent: 1), Self.process(11, parent: 10, state: "Z"), Self.process(12, parent: 10)]
        #expect(descendants(table, of: 10) == [12])
    }

    @Test func nobodyIsOlderThanItsParent() throws {
        let table = try [
            Self.process(10, parent: 1, start: 500), Self.process(11, parent: 10, start: 499), Self.process(12, parent: 10, start: 500),
        ]
        #expect(descendants(table, of: 10) == [12])
    }

    @Test func circlesEnd() throws {
        let table = try [Self.process(10, parent: 12), Self.process(11, parent: 10), Self.process(12, parent: 11)]
        #expect(descendants(table, of: 10) == [11, 12])
    }

    @Test func realProcessesAreFound() throws {
        let child = try Child.idle()
        let all = try #require(ProcessTable.scan())
        #expect(Set(all.map(\.pid)).count == all.count)
        let found = try #require(all.first { $0.pid == child.pid })
        #expect(found.parent == getpid() && found == ProcessStat.of(pid: child.pid))
        #expect(ProcessTable(all).descendants(of: getpid()).contains { $0.pid == child.pid })
    }
}
