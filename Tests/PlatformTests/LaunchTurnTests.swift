import CPlatform
import Glibc
import Testing

@testable import Platform

struct LaunchTurnTests {
    private func isReadable(_ descriptor: Descriptor, within milliseconds: Int32) -> Bool {
        descriptor.use { rbee_poll_readable($0, milliseconds) } == 1
    }

    @Test func oneHasItAndTheOthersHearWhenItIsGivenBack() throws {
        let home = try TemporaryHome()
        let directory = try home.run()
        guard case .mine(let turn) = LaunchTurn.claim("worker/one", in: directory) else { Issue.record("nobody had it"); return }
        guard case .anothers(let waiting?) = LaunchTurn.claim("worker/one", in: directory) else { Issue.record("it was taken"); return }
        let watching = try #require(LaunchTurn.others("worker/one", in: directory))
        #expect(!isReadable(waiting, within: 0) && !isReadable(watching, within: 0))
        turn.giveBack()
        #expect(isReadable(waiting, within: 10_000) && isReadable(watching, within: 10_000))
        guard case .mine = LaunchTurn.claim("worker/one", in: directory) else { Issue.record("it was given back"); return }
    }

    @Test func eachDaemonAndEachDirectoryHasItsOwn() throws {
        let home = try TemporaryHome(), other = try TemporaryHome()
        let directory = try home.run()
        guard case .mine(let turn) = LaunchTurn.claim("worker/one", in: directory) else { Issue.record("nobody had it"); return }
        #expect(LaunchTurn.others("worker/two", in: directory) == nil)
        #expect(LaunchTurn.others("worker/one", in: try other.run()) == nil)
        #expect(LaunchTurn.others("worker/one", in: directory) != nil)
        turn.giveBack()
    }

    @Test func whoeverDropsItGivesItBack() throws {
        let home = try TemporaryHome()
        let directory = try home.run()
        do {
            guard case .mine = LaunchTurn.claim("worker/one", in: directory) else { Issue.record("nobody had it"); return }
        }
        #expect(LaunchTurn.others("worker/one", in: directory) == nil)
    }
}
