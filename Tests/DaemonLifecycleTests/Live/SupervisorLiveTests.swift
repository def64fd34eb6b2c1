import DaemonContract
import EventLoop
import Foundation
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// Supervision of real daemons: ends are noticed and answered, or respected.
struct SupervisorLiveTests {
    /// What a supervisor told, to be waited for.
    private final class News: Sendable {
        let mailbox = Mailbox<Supervisor.Report>(loop: .shared)

        func wait(for state: DaemonState) async -> Supervisor.Report? {
            while let report = await mailbox.next(within: .seconds(30)) {
                if report.state == state { return report }
            }
            return nil
        }
    }

    private func supervisor(_ home: LiveHome, _ news: News, owner: String = "boss") throws -> Supervisor {
        Supervisor(
            context: try LifecycleContext(home: home.path, owner: owner), policy: .init(firstPause: .milliseconds(10), startsAllowed: 4),
            onChange: { news.mailbox.post($0, unlessMoreThan: .max) })
    }

    @Test func aCrashIsAnsweredWithANewDaemon() async throws {
        try await LiveHome.with { home in
            let news = News()
            let supervisor = try supervisor(home, news)
            let first = try await supervisor.want(try home.specification())
            #expect(await news.wait(for: .ready) != nil)
            try kill(try #require(try home.holder()))
            let report = try #require(await news.wait(for: .ready))
            #expect(report.info?.nonce != first.nonce)
            #expect(try home.holder()?.nonce.text == report.info?.nonce)
            let receipt = try await supervisor.stop(try first.daemonID)
            #expect(receipt.wasRunning)
            #expect(try home.holder() == nil)
        }
    }

    @Test func aDaemonThatEndsByItselfIsLeftInPeace() async throws {
        try await LiveHome.with { home in
            let news = News()
            let supervisor = try supervisor(home, news)
            _ = try await supervisor.want(try home.specification())
            #expect(await news.wait(for: .ready) != nil)
            try await home.lifecycle(owner: "another").stop()
            #expect(await news.wait(for: .stopped) != nil)
            #expect(try home.holder() == nil)
            await supervisor.leave()
        }
    }

    @Test func aServiceThatBreaksIsAnsweredWithANewDaemonThoughItDrained() async throws {
        try await LiveHome.with { home in
            let news = News()
            let supervisor = try supervisor(home, news)
            let first = try await supervisor.want(try home.specification())
            #expect(await news.wait(for: .ready) != nil)
            _ = try await home.lifecycle().send(DaemonRequest("POST", "/v1/break/70"))
            let report = try #require(await news.wait(for: .ready))
            #expect(report.info?.nonce != first.nonce)
            _ = try? await supervisor.stop(try first.daemonID)
        }
    }

    /// Its shepherd left with its first supervisor: nobody but the daemon itself can say that it did not end on purpose.
    @Test func anAdoptedServiceThatBreaksIsAnsweredToo() async throws {
        try await LiveHome.with { home in
            let news = News()
            let predecessor = try supervisor(home, news)
            let first = try await predecessor.want(try home.specification())
            let line = try #require(try home.holder())
            let shepherd = try ProcessStat.of(pid: line.pid).flatMap { try ProcessWatch.open(pid: $0.parent) }
            await predecessor.leave()
            #expect(shepherd?.waitForExit(milliseconds: 60_000) == true)
            let successor = try supervisor(home, news)
            let specification = try home.specification()
            try await successor.adopt { _ in specification }
            _ = try await home.lifecycle().send(DaemonRequest("POST", "/v1/break/70"))
            while let report = await news.wait(for: .ready) {
                if report.info?.nonce != first.nonce { break }
            }
            #expect(try home.holder().map { $0.nonce != line.nonce } == true)
            await successor.stopAll(within: .seconds(10))
        }
    }

    @Test func oneThatKeepsCrashingIsGivenUp() async throws {
        try await LiveHome.with { home in
            let news = News()
            let supervisor = try supervisor(home, news)
            _ = try await supervisor.want(try home.specification())
            for _ in 0..<4 {
                #expect(await news.wait(for: .ready) != nil)
                try kill(try #require(try home.holder()))
            }
            let report = try #require(await news.wait(for: .failed))
            #expect(report.reason?.contains("signal 9") == true)
            #expect(try home.holder() == nil)
            await supervisor.leave()
        }
    }

    @Test func aFirstStartThatFailsIsAnErrorAndNotTriedAgain() async throws {
        try await LiveHome.with { home in
            let news = News()
            let supervisor = try supervisor(home, news)
            let program = try home.script("dies", "echo started >> \(home.path)/spawns; exit 7")
            let specification = try home.specification(program: program)
            await #expect(throws: LifecycleError.self) { try await supervisor.want(specification) }
            #expect(home.text("spawns") == "started\n")
            await supervisor.leave()
        }
    }

    @Test func aSuccessorAdoptsWhatItsPredecessorStarted() async throws {
        try await LiveHome.with { home in
            let news = News()
            let predecessor = try supervisor(home, news)
            let info = try await predecessor.want(try home.specification())
            try await home.lifecycle(instance: "two", owner: "somebody").ensure()
            await predecessor.leave()
            let successor = try supervisor(home, news)
            let specification = try home.specification()
            try await successor.adopt { $0.instance == "one" ? specification : nil }
            let reports = await successor.reports()
            #expect(reports.map(\.info?.nonce) == [info.nonce])
            // It is kept from then on.
            try kill(try #require(try home.holder()))
            while let report = await news.wait(for: .ready) {
                if report.info?.nonce != info.nonce { break }
            }
            #expect(try home.holder() != nil)
            await successor.stopAll(within: .seconds(10))
            #expect(try home.holder() == nil)
            #expect(try home.holder("two") != nil)
        }
    }
}

extension DaemonInfo {
    fileprivate var daemonID: DaemonID {
        get throws { try DaemonID(kind: kind, instance: instance) }
    }
}
