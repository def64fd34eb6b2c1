import ContextContract
import Testing

@testable import Context

/// Changes are collected until none has come for a while.
struct ChangeCoalescerTests {
    @Test func dueAfterQuietButNotMuchLater() {
        var changes = ChangeCoalescer(quiet: 10, longest: 25)
        #expect(changes.due == nil && changes.take(at: 100) == nil)
        changes.add("a", .modified, at: 100)
        #expect(changes.due == 110 && changes.take(at: 109) == nil)
        changes.add("b", .created, at: 109)
        #expect(changes.due == 119)
        changes.add("c", .created, at: 118)
        #expect(changes.due == 125, "the first waits no longer than that")
        let taken = changes.take(at: 125)
        #expect(taken?.paths.count == 3 && taken?.isEverything == false)
        #expect(changes.due == nil && changes.paths.isEmpty)
    }

    @Test(arguments: [
        ([FileChange.created, .modified], FileChange.modified), ([.modified, .deleted], .deleted), ([.deleted, .modified], .deleted),
        ([.deleted, .created], .created), ([.created, .deleted, .modified, .created, .modified], .modified),
    ])
    func onePathOneChange(_ said: [FileChange], _ kept: FileChange) {
        var changes = ChangeCoalescer()
        for change in said { changes.add("a", change, at: 0) }
        #expect(changes.paths == ["a": kept])
    }

    @Test func beyondTheLimitEverythingIsLookedAt() {
        var changes = ChangeCoalescer()
        for number in 0...ChangeCoalescer.limit { changes.add("f\(number)", .modified, at: 0) }
        #expect(changes.paths.count == ChangeCoalescer.limit && changes.isEverything)
        changes.add("f0", .deleted, at: 0)
        #expect(changes.paths["f0"] == .deleted)
    }
}
