import DaemonContract
import KeeperCommands
import Testing

@Suite struct ProcessCommandTests {
    private static let two =
        #"{"processes":[{"command":["/bin/db"],"configured":true,"name":"db","pid":7,"restarts":2,"state":"ready","#
        + #""uptime_secs":200},{"command":["web"],"configured":true,"name":"web","reason":"exited with status 1","restarts":4,"#
        + #""state":"failed"}]"#

    private func hive(_ body: String, status: Int = 200) -> FakeDaemons {
        let connection = FakeConnection(answer: { _, _, _ in DaemonReply(status: status, body: Array(body.utf8)) })
        return FakeDaemons([.running(.hive, "localhost")], connections: ["hive/localhost": connection])
    }

    @Test func theTableIsForPeopleAndTheJSONIsTheHives() async {
        let daemons = hive(Self.two + "}")
        let table = await KeeperFixture(daemons: daemons).run("process", "list")
        #expect(
            table.lines == [
                "PROCESS  STATE   PID  UPTIME  RESTARTS  REASON",
                "db       ready   7    3m 20s  2",
                "web      failed  -    -       4         exited with status 1",
            ])
        #expect(table.exit == .done)
        let json = await KeeperFixture(daemons: daemons).run("process", "list", "--json")
        #expect(json.output == Self.two + "}\n")
        let status = await KeeperFixture(daemons: daemons).run("process", "status", "db")
        #expect(status.exit == .done && status.lines.count == 2)
        #expect(await KeeperFixture(daemons: daemons).run("process", "status").exit == .notRunning)
        let unknown = await KeeperFixture(daemons: daemons).run("process", "status", "nope")
        #expect(unknown.exit == .notRunning && unknown.errors == "error: there is no process nope\n  try: rbee-keeper process list\n")
    }

    @Test(arguments: ["start", "stop", "restart"]) func ordersNameWhatTheyMean(action: String) async throws {
        let connection = FakeConnection(answer: { _, _, _ in DaemonReply(status: 200, body: Array((Self.two + #","errors":{}}"#).utf8)) })
        let daemons = FakeDaemons([.running(.hive, "localhost")], connections: ["hive/localhost": connection])
        let some = await KeeperFixture(daemons: daemons).run("process", action, "db", "process/web")
        #expect(some.exit == .done && connection.lastBody == #"{"names":["db","web"]}"#)
        let all = await KeeperFixture(daemons: daemons).run("process", action, "--all")
        #expect(all.exit == .done && connection.lastBody == "{}")
        #expect(connection.requests.allSatisfy { $0 == "POST /v1/processes/\(action)" })
        for words in [[], ["db", "--all"], ["worker/a"], ["A"]] {
            #expect(await KeeperFixture(daemons: daemons).run(["process", action] + words).exit == .usage, "\(words)")
        }
    }

    @Test func whatHasFailedIsToldOneByOne() async {
        let body = Self.two + #","errors":{"db":"was not ready within its time","web":"exited with status 1"}}"#
        let outcome = await KeeperFixture(daemons: hive(body)).run("process", "start", "--all")
        #expect(outcome.exit == .failed)
        #expect(
            outcome.errors.hasSuffix(
                """
                error: process/db: was not ready within its time
                  try: rbee-keeper process logs db
                error: process/web: exited with status 1
                  try: rbee-keeper process logs web

                """))
    }

    @Test func withoutAHiveTheLocksTell() async {
        let row = DaemonStatusRow(kind: .process, instance: "db", state: .ready, pid: 7, owned: false, owner: "hive/localhost")
        let daemons = FakeDaemons([row])
        let list = await KeeperFixture(daemons: daemons).run("process", "list")
        #expect(list.lines.last == "db       ready  7    -       0         no hive runs; start it with: rbee-keeper hive start")
        let stop = await KeeperFixture(daemons: daemons).run("process", "stop", "db")
        #expect(stop.exit == .done && daemons.diary == ["stop process/db"])
    }

    @Test func aProgramIsShownLikeADaemon() async {
        let row = DaemonStatusRow(kind: .process, instance: "db", state: .ready, pid: 7, owned: false, owner: "hive/localhost")
        #expect(await KeeperFixture(daemons: FakeDaemons([row])).run("status", "process/db").exit == .done)
        #expect(await KeeperFixture(daemons: FakeDaemons([row])).run("status", "process").exit == .done)
    }
}
