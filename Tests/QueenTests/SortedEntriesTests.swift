import SplitMix
import Testing

@testable import Queen

@Suite struct SortedEntriesTests {
    private struct Entry: Identified, Hashable, Sendable {
        var id: String
        var value: Int
    }

    /// Whatever is put in, replaced and taken out, it is what a dictionary would hold, in order.
    @Test func itIsADictionaryInOrder() {
        var random = SplitMix64(seed: 7)
        var entries = SortedEntries<Entry>()
        var expected: [String: Entry] = [:]
        for step in 0..<2_000 {
            let id = "w\(Int.random(in: 0..<60, using: &random))"
            switch Int.random(in: 0..<4, using: &random) {
            case 0: #expect(entries.remove(id) == (expected.removeValue(forKey: id) != nil))
            case 1:
                entries[id] = nil
                expected[id] = nil
            default:
                entries[id] = Entry(id: id, value: step)
                expected[id] = Entry(id: id, value: step)
            }
            #expect(entries[id] == expected[id] && entries.count == expected.count)
        }
        #expect(entries.all == expected.values.sorted { $0.id < $1.id })
        let gone = entries.removeAll { $0.value.isMultiple(of: 2) }
        #expect(gone == expected.values.filter { $0.value.isMultiple(of: 2) }.map(\.id).sorted())
        #expect(entries.all.allSatisfy { !$0.value.isMultiple(of: 2) } && entries[""] == nil && entries["~"] == nil)
    }
}
