import DaemonContract
import DaemonHarness
import Glibc
import Platform
import Testing

/// What a person does every day, with real daemons.
@Suite struct DailyUseTests {
    @Test func upStatusInferPingLogsDown() async throws {
        try await KeeperHome.with { home in
            let rows = try await home.up("--model", "builtin")
            #expect(rows.map { "\($0.kind)" } == ["queen", "hive", "worker"])
            #expect(rows.allSatisfy { $0.state == .ready && $0.owned && $0.pid != nil && $0.version == RbeeVersion.current })

            let status = try await home.run("status")
            #expect(status.exit == 0)
            #expect(status.lines.first?.hasPrefix("DAEMON") == true && status.lines.count == 4)
            #expect(!status.output.contains("\u{1B}"), "no colour in a pipe")

            let answer = try await home.run("infer", "--model", "builtin", "--max-tokens", "8", "--seed", "7", "Once upon a time")
            #expect(answer.exit == 0, "\(answer.errors)")
            #expect(!answer.output.isEmpty && answer.output.hasSuffix("\n"))
            let again = try await home.run(
                "infer", "--model", "builtin", "--max-tokens", "8", "--seed", "7", "-", input: "Once upon a time")
            #expect(again.output == answer.output, "the same seed gives the same text")
            let whole = try await home.run(
                "infer", "--model", "builtin", "--max-tokens", "8", "--seed", "7", "--no-stream", "Once upon a time")
            #expect(whole.output == answer.output)

            for name in ["queen", "hive", "worker"] {
                let ping = try await home.run("ping", name)
                #expect(ping.exit == 0 && ping.output.contains("answered in"), "\(name): \(ping.errors)")
            }
            let log = try await home.run("logs", "queen", "--json")
            #expect(log.exit == 0 && log.lines.allSatisfy { $0.hasPrefix("{") }, "\(log.errors)")
            #expect(!log.lines.isEmpty)

            let down = try await home.run("down", "--json")
            #expect(down.exit == 0, "\(down.errors)")
            #expect(home.processes().allSatisfy { $0.name == "rbee-launch" }, "\(home.processes())")
            let after = try await home.run("status")
            #expect(after.exit == 3)
            let twice = try await home.run("down")
            #expect(twice.exit == 0 && twice.output == "nothing to stop\n")
        }
    }

    @Test func jsonOfStatusAndListIsTheDocumentedOne() async throws {
        try await KeeperHome.with { home in
            let stopped = try await home.run("status", "--json")
            #expect(stopped.exit == 3)
            #expect(
                stopped.output == #"{"daemons":[{"instance":"default","kind":"queen","owned":false,"state":"stopped"},"#
                    + #"{"instance":"localhost","kind":"hive","owned":false,"state":"stopped"}]}"# + "\n")
            #expect(try await home.run("list", "--json").output == #"{"daemons":[]}"# + "\n")
            #expect(!home.exists("run"), "asking makes nothing")

            let queen = try #require(try await home.up().first)
            let listed = try await home.run("list", "--json")
            let uptime = try #require(try ContractJSON.decode(DaemonStatusList.self, text: listed.output).daemons.first?.uptimeSecs)
            let pid = try #require(queen.pid), url = try #require(queen.baseURL)
            #expect(
                listed.output.hasPrefix(
                    #"{"daemons":[{"base_url":"\#(url)","instance":"default","kind":"queen","owned":true,"owner":"keeper","pid":\#(pid),"#
                        + #""state":"ready","uptime_secs":\#(uptime),"version":"0.1.0"},"#))
        }
    }

    @Test func theQueenOutlivesItsStarterAndItsPipes() async throws {
        try await KeeperHome.with { home in
            // `rbee-keeper queen start 2>&1 | cat`: the reader sees the end of the pipe while the queen lives.
            let start = try home.start(["queen", "start", "--port", "0"], joined: true)
            let outcome = try await start.finish()
            #expect(outcome.exit == 0)
            #expect(outcome.output.contains("queen/default started in"))
            let row = try await home.row("queen")
            #expect(row.state == .ready)
            let again = try await home.run("queen", "start")
            #expect(again.exit == 0 && again.output.hasPrefix("queen/default already running at \(row.baseURL ?? "?")"))
            #expect(try await home.row("queen").pid == row.pid)
        }
    }

    @Test func startStopRestartOfEachKind() async throws {
        try await KeeperHome.with { home in
            try await home.up("--model", "builtin")
            for name in ["queen", "hive"] {
                let before = try await home.row(name)
                let restart = try await home.run(name, "restart")
                #expect(restart.exit == 0, "\(restart.errors)")
                let after = try await home.row(name)
                #expect(after.pid != before.pid && after.baseURL == before.baseURL && after.state == .ready, "\(name)")
            }
            #expect(try await home.row("worker/builtin-1").state == .ready, "what it owns keeps running")
            let worker = try await home.row("worker/builtin-1")
            #expect(try await home.run("worker", "restart").exit == 0)
            #expect(try await home.row("worker/builtin-1").pid != worker.pid)
            let ensure = try await home.run("queen", "ensure", "--json")
            #expect(ensure.exit == 0 && ensure.output.contains(#""started_by_us":false"#))
            let stop = try await home.run("worker", "stop", "builtin-1")
            #expect(stop.exit == 0 && stop.output.hasPrefix("worker/builtin-1 stopped in"))
            #expect(try await home.run("worker", "stop", "builtin-1").output == "worker/builtin-1 was not running\n")
        }
    }

    @Test func theHiveStartsAWorkerForWhomAJobNeedsOne() async throws {
        try await KeeperHome.with { home in
            try await home.up()
            let answer = try await home.run("infer", "--model", "builtin", "--max-tokens", "4", "hello")
            #expect(answer.exit == 0, "\(answer.errors)")
            let workers = try await home.run("worker", "list", "--json")
            let rows = try ContractJSON.decode(DaemonStatusList.self, text: workers.output).daemons
            #expect(rows.map(\.owner) == ["hive/localhost"])
            let down = try await home.run("down")
            #expect(down.exit == 0, "\(down.errors)")
            #expect(try await home.run("list", "--json").output == #"{"daemons":[]}"# + "\n")
        }
    }

    @Test func inferringFromNothing() async throws {
        try await KeeperHome.with { home in
            let ports = ["RBEE_QUEEN_PORT": "0", "RBEE_HIVE_PORT": "0"]
            let answer = try await home.run("infer", "--model", "builtin", "--max-tokens", "4", "hello", environment: ports)
            #expect(answer.exit == 0 && !answer.output.isEmpty, "\(answer.errors)")
            let down = try await home.run("down")
            #expect(down.exit == 0, "\(down.errors)")
            #expect(try await home.run("list", "--json").output == #"{"daemons":[]}"# + "\n")
        }
    }

    @Test func manyStartersStartOne() async throws {
        try await KeeperHome.with { home in
            let starters = try (0..<6).map { _ in try home.start(["queen", "start", "--port", "0", "--json"]) }
            var outcomes: [KeeperProcess.Outcome] = []
            for starter in starters { outcomes.append(try await starter.finish()) }
            #expect(outcomes.allSatisfy { $0.exit == 0 }, "\(outcomes.map(\.errors))")
            #expect(outcomes.count { $0.output.contains(#""started_by_us":true"#) } == 1)
            let pid = try #require(try await home.row("queen").pid)
            #expect(outcomes.allSatisfy { $0.output.contains(#""pid":\#(pid)"#) })
        }
    }

    @Test func aWorkerOnRequestOfTheHive() async throws {
        try await KeeperHome.with { home in
            try await home.up()
            let spawn = try await home.run("worker", "spawn", "mine", "--model", "builtin")
            #expect(spawn.exit == 0, "\(spawn.errors)")
            #expect(spawn.output.hasPrefix("worker/mine started on port"))
            let get = try await home.run("worker", "get", "mine")
            #expect(
                get.exit == 0 && get.lines.contains("model: builtin") && get.lines.contains("instance: mine"), "\(get.output)\(get.errors)")
        }
    }

    @Test func downLeavesWhatItDidNotStart() async throws {
        try await KeeperHome.with { home in
            // Started as a service manager would: by hand, so nobody's.
            let queen = try KeeperProcess(
                "\(home.programs)/queen-rbee", ["--instance", "default", "--port", "0"], environment: home.environment())
            for _ in 0..<500 {
                if try await home.row("queen").state == .ready { break }
            }
            #expect(try await home.row("queen").state == .ready)
            let down = try await home.run("down")
            #expect(down.exit == 0 && down.errors.contains("left running: queen/default"), "\(down.errors)")
            #expect(try await home.row("queen").state == .ready)
            #expect(try await home.run("shutdown-all").exit == 0)
            #expect(try await queen.finish().exit == 0)
        }
    }

    @Test func foregroundIsTheDaemonItself() async throws {
        try await KeeperHome.with { home in
            let queen = try home.start(["queen", "start", "--foreground", "--port", "0"])
            for _ in 0..<500 {
                if try await home.row("queen").state == .ready { break }
            }
            #expect(try await home.row("queen").pid == queen.pid)
            let second = try await home.run("queen", "start", "--foreground", "--port", "0")
            #expect(second.exit == 75 && second.errors.contains("already runs (pid \(queen.pid))"))
            #expect(try await home.run("queen", "stop").exit == 0)
            #expect(try await queen.finish().exit == 0)
        }
    }
}
