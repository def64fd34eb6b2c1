import Testing

@testable import DaemonLifecycle

/// `ensure` in every order in which starters, stops, crashes and the daemon can meet: one daemon, one failure for all who waited for it, and
/// everybody gets an answer.
struct EnsureInterleavingTests {
    private typealias Setting = EnsureWorld.Setting

    @Test(arguments: [
        EnsureWish(), EnsureWish(mayLaunch: false), EnsureWish(notifies: false), EnsureWish(version: "2", silencesAllowed: 2),
    ])
    func everyAnswer(_ wish: EnsureWish) {
        expectLaws("ensure, any answer", EnsureAnswers(wish: wish))
    }

    @Test func startersFromNothing() {
        expectLaws("2 starters", EnsureWorld(.init()))
        expectLaws("2 starters, a kill", EnsureWorld(.init(kills: 1, mayIgnore: false)))
    }

    @Test func threeStarters() {
        expectLaws("3 starters, late", EnsureWorld(.init(starters: 3, mayIgnore: false, mayFail: false, isCoarse: true)))
        expectLaws("3 starters, failures and a kill", EnsureWorld(.init(starters: 3, kills: 1, deadlines: false, isCoarse: true)))
    }

    @Test func startersAndStops() {
        expectLaws("2 starters, a stop", EnsureWorld(.init(stoppers: 1, mayIgnore: false, isCoarse: true)))
    }

    @Test func startersWhereOneRuns() {
        expectLaws(
            "2 starters, one that hangs",
            EnsureWorld(
                .init(hangs: true, endsByItself: true, mayFail: false, deadlines: false, keepsShepherds: true, beginnings: Self.held)))
        expectLaws(
            "2 starters, another version",
            EnsureWorld(.init(wish: EnsureWish(version: "2", silencesAllowed: 2), isCoarse: true, beginnings: Self.held, oldVersion: 1)))
    }

    /// A daemon of an earlier starter, which is starting, ready or draining.
    private static let held: [Kernel] = [Kernel.Phase.starting, .ready, .draining].map { last in
        var kernel = Kernel()
        _ = kernel.takeLock()
        for phase in [Kernel.Phase.booting, .starting, .ready, .draining] where phase.rawValue <= last.rawValue { kernel.becomes(phase) }
        kernel.hasShepherd = false
        return kernel
    }

    @Test func whatIsWrongIsFoundOut() {
        let coarse = Setting(isCoarse: true)
        expectBroken("in the place of", "stops of whoever holds the lock", EnsureWorld(coarse, .stopsWhoeverHolds))
        expectBroken("never had time", "children that have no time", EnsureWorld(coarse, .givesAChildNoTime))
        expectBroken("started again", "waiters that start again", EnsureWorld(coarse, .startsAgain))
        expectBroken("started again", "shepherds that are signalled", EnsureWorld(coarse, .signalsTheShepherd))
        expectBroken("started again", "starts that end with status 0", EnsureWorld(coarse, .takesStatus0ForServed))
        expectBroken("started again", "launches on old news", EnsureWorld(coarse, .launchesOnOldNews))
        expectBroken("before its time", "ends of the ready that are kept", EnsureWorld(.init(), .keepsTheEndOfTheReady))
        expectBroken(
            "had served", "daemons that go without a word",
            EnsureWorld(.init(endsByItself: true, mayFail: false, deadlines: false, keepsShepherds: true), .goesWithoutAWord))
        expectBroken("started again", "lines that are read too late", EnsureWorld(.init(), .readsTheLineTooLate))
        expectBroken("started again", "ends that are read too late", EnsureWorld(.init(), .readsTheEndTooLate))
        expectBroken(
            "still waits", "shepherds that nobody misses",
            EnsureWorld(.init(kills: 1, deadlines: false, isCoarse: true), .missesTheShepherd))
        expectBroken(
            "started again", "replacements that forget an end",
            EnsureWorld(
                .init(
                    starters: 3, wish: EnsureWish(version: "2", silencesAllowed: 2), isCoarse: true, beginnings: Self.held, oldVersion: 1),
                .forgetsTheEnd))
    }
}
