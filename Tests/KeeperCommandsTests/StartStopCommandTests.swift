import DaemonContract
import DaemonLifecycle
import KeeperCommands
import Synchronization
import Testing

@Suite struct StartStopCommandTests {
    @Test func startTellsWhatItDid() async {
        let daemons = FakeDaemons()
        let outcome = await KeeperFixture(daemons: daemons).run("queen", "start", "--port", "0", "--ttl", "5m", "--timeout", "7s")
        #expect(outcome.exit == .done)
        #expect(outcome.output == "queen/default started in 0.0 ms, serves at http://127.0.0.1:0 (pid 100)\n")
        #expect(outcome.errors == "queen/default: launching\n")
        var plan = StartPlan(.queen)
        plan.port = 0
        plan.ttl = .seconds(300)
        plan.timeout = .seconds(7)
        #expect(daemons.plans == [plan])
    }

    @Test func startingWhatRunsIsASuccessThatSaysSo() async {
        let daemons = FakeDaemons([.running(.queen, "default")])
        let outcome = await KeeperFixture(daemons: daemons).run("queen", "start", "--port", "9000")
        #expect(outcome.exit == .done)
        #expect(outcome.output == "queen/default already running at http://127.0.0.1:7833 (pid 100)\n")
        #expect(outcome.errors.contains("--port 9000 had no effect; 'rbee-keeper queen restart --port 9000' moves it"))
    }

    @Test func whatWasPutInOrderFirstIsSaid() async {
        let daemons = FakeDaemons()
        daemons.state.withLock { $0.notices = ["/run/queen/default.json was corrupt; it was set aside as default.json.corrupt-1"] }
        for line in [
            ["queen", "start"], ["queen", "ensure"], ["up"], ["queen", "stop"], ["queen", "restart"], ["down"], ["shutdown-all"],
        ] {
            let outcome = await KeeperFixture(daemons: daemons).run(line)
            #expect(outcome.exit == .done)
            #expect(outcome.errors.contains("warning: /run/queen/default.json was corrupt"), "\(line)")
        }
        let status = await KeeperFixture(daemons: daemons).run("status")
        #expect(!status.errors.contains("warning"), "looking changes nothing")
    }

    @Test func startAsJSON() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("hive", "start", "--json")
        #expect(
            outcome.output == #"{"base_url":"http://127.0.0.1:7833","elapsed_ms":0,"instance":"localhost","kind":"hive","pid":100,"#
                + #""started_by_us":true,"version":"0.1.0"}"# + "\n")
        #expect(outcome.errors.isEmpty)
    }

    @Test func aFailureCarriesItsCodeAndWhatHelps() async {
        let daemons = FakeDaemons()
        daemons.fail(
            "start queen/default",
            with: KeeperError(
                .timedOut, "queen-rbee (pid 12) did not answer within 30 s", next: ["rbee-keeper logs queen --streams"], exit: .timedOut))
        let outcome = await KeeperFixture(daemons: daemons).run("queen", "start")
        #expect(outcome.exit == .timedOut)
        #expect(outcome.output.isEmpty)
        #expect(
            outcome.errors.hasSuffix("error: queen-rbee (pid 12) did not answer within 30 s\n  try: rbee-keeper logs queen --streams\n"))
    }

    @Test func workersNeedAModelAndAreNamedAfterIt() async {
        let daemons = FakeDaemons()
        let without = await KeeperFixture(daemons: daemons).run("worker", "start", "--model", "")
        #expect(without.exit == .usage && without.errors.hasPrefix("error: --model '': expected the name of a model"))
        _ = await KeeperFixture(daemons: daemons).run("worker", "start", "--model", "Org/Tiny Model")
        _ = await KeeperFixture(daemons: daemons).run("worker", "start", "mine", "--model", "builtin")
        _ = await KeeperFixture(daemons: daemons).run("worker", "start", "worker/other", "-m", "x", "--engine-config", "llama")
        #expect(daemons.plans.map(\.id.description) == ["worker/org-tiny-model-1", "worker/mine", "worker/other"])
        #expect(daemons.plans.map(\.worker?.model) == ["Org/Tiny Model", "builtin", "x"])
        #expect(daemons.plans.last?.worker?.engineConfig == "llama")
    }

    @Test func upStartsQueenHiveAndWorkersInThatOrder() async {
        let daemons = FakeDaemons()
        let outcome = await KeeperFixture(daemons: daemons).run("up", "--port", "0", "--hive-port", "0", "--model", "builtin", "-m", "x")
        #expect(outcome.exit == .done)
        #expect(daemons.diary == ["start queen/default", "start hive/localhost", "start worker/builtin-1", "start worker/x-1"])
        #expect(outcome.lines.count == 5)
    }

    @Test func stoppingWhatDoesNotRunIsASuccessThatSaysSo() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("queen", "stop")
        #expect(outcome.exit == .done && outcome.output == "queen/default was not running\n")
        let worker = await KeeperFixture(daemons: FakeDaemons()).run("worker", "stop")
        #expect(worker.exit == .done && worker.output == "nothing to stop\n")
        let json = await KeeperFixture(daemons: FakeDaemons()).run("worker", "stop", "--json")
        #expect(json.output == #"{"left":[],"stopped":[]}"# + "\n")
    }

    @Test func theConfiguredModelIsServedWhenNoneIsNamed() async {
        let daemons = FakeDaemons()
        let fixture = KeeperFixture(daemons: daemons, settings: FakeSettings(model: "tiny"))
        #expect(await fixture.run("worker", "start").exit == .done)
        #expect(await fixture.run("worker", "ensure", "mine").exit == .done)
        #expect(daemons.plans.map(\.id.description) == ["worker/tiny-1", "worker/mine"])
        #expect(daemons.plans.map(\.worker?.model) == ["tiny", "tiny"])
    }

    @Test func suggestionsNameTheInstance() async {
        let daemons = FakeDaemons([.running(.queen, "q2")])
        let moved = await KeeperFixture(daemons: daemons).run("queen", "start", "q2", "--port", "9000")
        #expect(moved.errors.contains("'rbee-keeper queen restart q2 --port 9000' moves it"))
        let foreground = await KeeperFixture(daemons: daemons).run("queen", "start", "q2", "--foreground")
        #expect(foreground.errors.contains("try: rbee-keeper queen stop q2\n"))
        daemons.fail("start worker/a", with: LifecycleError(.startFailed, "worker/a exited", daemon: "worker/a"))
        let failed = await KeeperFixture(daemons: daemons).run("worker", "start", "a", "-m", "x")
        #expect(failed.errors.contains("try: rbee-keeper worker logs a --streams\n  try: rbee-keeper doctor\n"))
    }

    @Test func stopTakesItsOptions() async {
        let daemons = FakeDaemons([.running(.queen, "default")])
        let outcome = await KeeperFixture(daemons: daemons).run("queen", "stop", "--no-cascade", "--grace", "1s", "--timeout", "4s")
        #expect(outcome.output == "queen/default stopped in 4.3 ms\n")
        let options = daemons.state.withLock { $0.stops }
        #expect(options.map(\.cascade) == [false])
        #expect(options.map(\.grace) == [.seconds(1)])
        #expect(options.map(\.timeout) == [.seconds(4)])
    }

    @Test func workerAloneMeansTheOnlyOne() async {
        let one = FakeDaemons([.running(.worker, "a")])
        #expect(await KeeperFixture(daemons: one).run("worker", "stop").exit == .done)
        #expect(one.diary == ["stop worker/a"])
        let two = FakeDaemons([.running(.worker, "a"), .running(.worker, "b")])
        let outcome = await KeeperFixture(daemons: two).run("worker", "stop")
        #expect(outcome.exit == .usage && outcome.errors.hasPrefix("error: there are 2 workers: worker/a, worker/b\n"))
        #expect(await KeeperFixture(daemons: two).run("worker", "stop", "--all").exit == .done)
        #expect(two.diary == ["stop worker/a", "stop worker/b"])
    }

    @Test func restartKeepsPortAndLeavesWhatItOwns() async {
        let daemons = FakeDaemons([.running(.queen, "default", port: 4000), .running(.hive, "localhost", owner: "queen/default")])
        daemons.state.withLock { state in
            var plan = StartPlan(.queen)
            plan.port = 4000
            state.running["queen/default"] = plan
            state.owns["queen/default"] = ["hive/localhost"]
        }
        let outcome = await KeeperFixture(daemons: daemons).run("queen", "restart")
        #expect(outcome.exit == .done)
        #expect(daemons.diary == ["stop queen/default", "start queen/default"])
        #expect(daemons.plans.first?.port == 4000)
        #expect(daemons.state.withLock { $0.rows.contains { $0.kind == .hive } })
    }

    @Test func whatAHiveOwnsIsStartedAgainByTheHive() async {
        let daemons = FakeDaemons([.running(.hive, "localhost"), .running(.worker, "a", owner: "hive/localhost", port: 40000)])
        let hive = FakeConnection(
            answer: { _, _, _ in
                daemons.state.withLock { $0.rows.append(.running(.worker, "a", pid: 101, owner: "hive/localhost", port: 40001)) }
                return DaemonReply(status: 200, body: Array(#"{"job_id":"job-1","sse_url":"/s"}"#.utf8))
            },
            events: { _, _ in
                AsyncThrowingStream { stream in
                    stream.yield(StreamEvent(name: "result", data: #"{"worker_id":"a","port":40001,"pid":101,"status":"ready"}"#))
                    stream.yield(StreamEvent(data: "[DONE]"))
                    stream.finish()
                }
            })
        daemons.state.withLock { state in
            state.connections["hive/localhost"] = hive
            var plan = StartPlan(.hive)
            plan.worker = WorkerPlan(model: "tiny")
            state.running["worker/a"] = plan
        }
        let outcome = await KeeperFixture(daemons: daemons).run("worker", "restart", "a")
        #expect(outcome.exit == .done, "\(outcome.errors)")
        #expect(outcome.output == "worker/a started by hive/localhost in 0.0 ms, serves at http://127.0.0.1:40001 (pid 101)\n")
        #expect(daemons.diary == ["stop worker/a"])
        #expect(hive.lastBody.contains(#""instance":"a","model":"tiny","operation":"worker_spawn""#))
    }

    @Test func whoseOwnerGoesMeanwhileIsStartedAllTheSame() async {
        let daemons = FakeDaemons([.running(.hive, "localhost"), .running(.worker, "a", owner: "hive/localhost", port: 40000)])
        daemons.state.withLock { state in
            // The hive's row is there, and nobody answers any more.
            var plan = StartPlan(.hive)
            plan.worker = WorkerPlan(model: "tiny")
            plan.id = (try? DaemonID(kind: .worker, instance: "a")) ?? plan.id
            state.running["worker/a"] = plan
        }
        let outcome = await KeeperFixture(daemons: daemons).run("worker", "restart", "a")
        #expect(outcome.exit == .done, "\(outcome.errors)")
        #expect(daemons.diary == ["stop worker/a", "start worker/a"])
        #expect(daemons.plans.last?.worker?.model == "tiny")
    }

    @Test func aWorkerThatHangsIsRestartedWithTheModelThatIsTyped() async {
        let daemons = FakeDaemons([.running(.worker, "a", state: .silent, port: 40000)])
        let without = await KeeperFixture(daemons: daemons).run("worker", "restart", "a")
        #expect(without.exit == .usage && without.errors.contains("worker/a does not say which model it serves: --model is missing"))
        #expect(daemons.diary.isEmpty)
        let with = await KeeperFixture(daemons: daemons).run("worker", "restart", "a", "--model", "tiny")
        #expect(with.exit == .done, "\(with.errors)")
        #expect(daemons.diary == ["stop worker/a", "start worker/a"])
    }

    @Test func aWorkerThatDoesNotRunCannotBeRestartedWithoutItsModel() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("worker", "restart", "a")
        #expect(outcome.exit == .usage && outcome.errors.contains("--model is missing"))
    }

    @Test func foregroundRefusesASecondOne() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons([.running(.queen, "default")])).run("queen", "start", "--foreground")
        #expect(outcome.exit == .lostRace && outcome.errors.hasPrefix("error: queen/default already runs (pid 100)\n"))
    }

    @Test func foregroundSaysWhyTheProgramCannotBeRun() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("hive", "start", "--foreground")
        #expect(outcome.exit == .failed)
        #expect(outcome.errors.hasPrefix("error: hive/localhost could not be started: /nowhere/rbee-hive: No such file or directory\n"))
    }
}

@Suite struct DownCommandTests {
    private let rows: [DaemonStatusRow] = [
        .running(.queen, "default"), .running(.hive, "localhost", owner: "queen/default"),
        .running(.worker, "a", owner: "hive/localhost"), .running(.worker, "mine"), .running(.worker, "other", owner: "my-app"),
    ]

    @Test func downStopsOwnersFirstAndLeavesStrangersAlone() async {
        let daemons = FakeDaemons(rows)
        daemons.state.withLock { $0.owns = ["queen/default": ["hive/localhost", "worker/a"]] }
        let outcome = await KeeperFixture(daemons: daemons).run("down")
        #expect(outcome.exit == .done)
        #expect(daemons.diary == ["stop worker/mine", "stop queen/default"])
        #expect(outcome.output.hasSuffix("hive/localhost stopped with queen/default\nworker/a stopped with hive/localhost\n"))
        #expect(outcome.errors == "left running: worker/other (owner my-app); 'rbee-keeper shutdown-all' stops them too\n")
    }

    @Test func whatDidNotGoWithItsOwnerIsStoppedToo() async {
        let daemons = FakeDaemons(rows)
        _ = await KeeperFixture(daemons: daemons).run("down")
        #expect(daemons.diary == ["stop worker/mine", "stop queen/default", "stop hive/localhost", "stop worker/a"])
    }

    @Test func whatAnOwnerThatDiedOwnedIsStillOurs() async {
        let daemons = FakeDaemons([
            DaemonStatusRow(kind: .hive, instance: "localhost", state: .stale, owned: true, owner: "keeper"),
            .running(.worker, "a", owner: "hive/localhost"),
        ])
        _ = await KeeperFixture(daemons: daemons).run("down")
        #expect(daemons.diary == ["stop worker/a", "clear hive/localhost"], "what a killed one left goes too")
    }

    @Test func aRingOfOwnersEnds() async {
        let daemons = FakeDaemons([.running(.worker, "a", owner: "worker/b"), .running(.worker, "b", owner: "worker/a")])
        #expect(await KeeperFixture(daemons: daemons).run("down").exit == .done)
        #expect(daemons.diary.isEmpty)
        #expect(await KeeperFixture(daemons: daemons).run("shutdown-all").exit == .done)
        #expect(daemons.diary == ["stop worker/b", "stop worker/a", "clear everything"])
    }

    @Test func shutdownAllTakesEverything() async {
        let daemons = FakeDaemons(rows)
        let outcome = await KeeperFixture(daemons: daemons).run("shutdown-all", "--json")
        #expect(outcome.exit == .done)
        #expect(Set(daemons.diary.dropLast()) == Set(rows.map { "stop \($0.kind)/\($0.instance)" }))
        #expect(daemons.diary.count == rows.count + 1 && daemons.diary.last == "clear everything")
    }

    @Test func oneThatCannotBeStoppedDoesNotSpareTheOthers() async {
        let daemons = FakeDaemons(rows)
        daemons.fail("stop worker/mine", with: KeeperError(.failed, "worker/mine (pid 100) is in state D", next: ["rbee-keeper doctor"]))
        let outcome = await KeeperFixture(daemons: daemons).run("down")
        #expect(outcome.exit == .failed)
        #expect(daemons.diary.contains("stop queen/default"))
        #expect(outcome.errors.contains("error: worker/mine (pid 100) is in state D\n  try: rbee-keeper doctor\n"))
    }

    @Test func nothingToStopIsASuccess() async {
        let outcome = await KeeperFixture(daemons: FakeDaemons()).run("down")
        #expect(outcome.exit == .done && outcome.output == "nothing to stop\n")
    }
}
