import Testing

@testable import HTTP

/// The server's connection machine, as dialogues and then as every state with every event.
@Suite struct ServerMachineTests {
    typealias Machine = HTTPServerConnectionMachine

    private func head(
        _ method: HTTPMethod = .get, _ target: String = "/", version: Int = 1, framing: HTTPFraming = .none, keepsAlive: Bool = true,
        headers: HTTPHeaders = ["Host": "x"]
    ) -> HTTPMessageHead {
        HTTPMessageHead(minorVersion: version, method: method, target: target, headers: headers, framing: framing, keepsAlive: keepsAlive)
    }

    private func machine(refusing: HTTPRefusal? = nil) -> Machine {
        Machine(bodyLimit: 100, discardLimit: 10, refusing: refusing)
    }

    /// A machine with a request at its handler.
    private func serving(_ head: HTTPMessageHead, complete: Bool = true) -> Machine {
        var machine = machine()
        _ = machine.headCame(head)
        if complete { _ = machine.requestCame() }
        return machine
    }

    // MARK: Dialogues

    @Test func `a request, its response, and the next`() throws {
        var machine = machine()
        #expect(machine.deadline == .idle)
        machine.headBegan()
        #expect(machine.state == .readingHead)
        #expect(machine.deadline == .head)
        let checks = try HTTPRequestChecks(head())
        #expect(machine.headCame(head()) == .serve(checks))
        #expect(machine.isBusy)
        #expect(machine.wantsInput)
        #expect(machine.requestCame() == false)
        #expect(!machine.wantsInput)
        #expect(machine.deadline == nil)
        let plan = Machine.ResponsePlan(framing: .length(2), connection: nil, sendsBody: true)
        #expect(machine.responseBegan(.ok, length: 2) == plan)
        #expect(machine.responseEnded() == .nextRequest)
        #expect(machine.state == .idle)
        #expect(machine.isBusy)
        #expect(machine.deadline == nil)
        #expect(machine.outputDrained() == false)
        #expect(!machine.isBusy)
        #expect(machine.deadline == .idle)
    }

    @Test func `a response that the client has yet to take is not cut by its end of input or by draining`() {
        var start = serving(head())
        _ = start.responseBegan(.ok, length: 5)
        #expect(start.responseEnded() == .nextRequest)
        var ended = start
        #expect(ended.inputEnded() == .nothing)
        #expect(ended.state == .closing)
        #expect(ended.outputDrained() == true)
        var drained = start
        #expect(drained.drain() == false)
        #expect(drained.state == .closing)
        var next = start
        guard case .serve = next.headCame(head()) else {
            Issue.record("the next request was not served")
            return
        }
    }

    @Test func `Connection close is answered with close, and the machine lingers until the client has gone`() {
        var machine = serving(head(keepsAlive: false))
        #expect(machine.responseBegan(.ok, length: 0) == .init(framing: HTTPFraming.none, connection: .close, sendsBody: true))
        #expect(machine.responseEnded() == .finish)
        #expect(machine.isBusy)
        #expect(machine.outputDrained() == true)
        #expect(machine.state == .lingering)
        #expect(machine.deadline == .linger)
        #expect(!machine.isBusy)
        #expect(machine.inputEnded() == .abort)
        #expect(machine.state == .closed)
    }

    @Test func `HTTP 1.0 is told when it may stay, and gets no chunks`() {
        var staying = serving(head(version: 0))
        #expect(staying.responseBegan(.ok, length: 1)?.connection == .keepAlive)
        #expect(staying.responseEnded() == .nextRequest)
        var streamed = serving(head(version: 0))
        #expect(streamed.responseBegan(.ok, length: nil) == .init(framing: .untilClose, connection: .close, sendsBody: true))
        #expect(streamed.streamFraming == .untilClose)
        #expect(streamed.responseEnded() == .finish)
    }

    @Test func `HEAD gets the head that GET would get`() {
        var fixed = serving(head(.head))
        #expect(fixed.responseBegan(.ok, length: 5) == .init(framing: .length(5), connection: nil, sendsBody: false))
        #expect(fixed.responseEnded() == .nextRequest)
        var streamed = serving(head(.head))
        #expect(streamed.responseBegan(.ok, length: nil) == .init(framing: .chunked, connection: nil, sendsBody: false))
        #expect(streamed.streamFraming == nil)
        #expect(streamed.responseEnded() == .nextRequest)
    }

    @Test(arguments: [204, 304]) func `a status without a body says nothing of one`(_ code: Int) {
        var machine = serving(head())
        #expect(machine.responseBegan(HTTPStatus(code), length: 5) == .init(framing: nil, connection: nil, sendsBody: false))
    }

    @Test func `a streamed response is in chunks`() {
        var machine = serving(head())
        #expect(machine.responseBegan(.ok, length: nil) == .init(framing: .chunked, connection: nil, sendsBody: true))
        #expect(machine.streamFraming == .chunked)
        #expect(machine.responseBegan(.ok, length: 1) == nil)
        #expect(machine.responseEnded() == .nextRequest)
        #expect(machine.streamFraming == nil)
    }

    @Test func `a response that fails closes`() {
        var machine = serving(head())
        _ = machine.responseBegan(.ok, length: nil)
        machine.responseFailed()
        #expect(machine.state == .closed)
    }

    @Test func `a body is delivered up to its limit`() {
        var machine = serving(head(.post, framing: .chunked), complete: false)
        #expect(machine.deadline == .body)
        #expect(machine.bodyCame(60) == .deliver)
        #expect(machine.bodyCame(40) == .deliver)
        #expect(machine.bodyCame(1) == .refuse(.tooLarge(limit: 100)))
        #expect(machine.state == .closing)
        #expect(machine.bodyCame(1) == .discard)
        #expect(machine.responseBegan(.ok, length: 0) == nil)
    }

    @Test func `a body that says it is too large is refused unread`() {
        var machine = machine()
        #expect(machine.headCame(head(.post, framing: .length(101))) == .refuse(.tooLarge(limit: 100)))
        #expect(machine.state == .closing)
    }

    @Test func `a body that becomes too large during the response cuts it`() {
        var machine = serving(head(.post, framing: .chunked), complete: false)
        _ = machine.responseBegan(.ok, length: nil)
        #expect(machine.bodyCame(100) == .deliver)
        #expect(machine.bodyCame(1) == .abort)
        #expect(machine.state == .closed)
    }

    @Test func `a little of an unwanted body is read to keep the connection`() {
        var machine = serving(head(.post, framing: .chunked), complete: false)
        #expect(machine.bodyCame(20) == .deliver)
        #expect(machine.responseBegan(.ok, length: 0)?.connection == nil)
        #expect(machine.responseEnded() == .discardRest)
        #expect(machine.wantsInput)
        #expect(machine.deadline == .body)
        #expect(machine.bodyCame(10) == .discard)
        var longer = machine
        #expect(machine.requestCame() == true)
        #expect(machine.state == .idle)
        #expect(longer.bodyCame(1) == .finish && longer.bodyCame(1) == .discard)
        #expect(longer.outputDrained() && longer.state == .lingering)
    }

    @Test func `100 Continue is said once, when the body is wanted`() {
        var machine = serving(head(.post, framing: .length(5), headers: ["Host": "x", "Expect": "100-Continue"]), complete: false)
        #expect(machine.deadline == nil)
        #expect(machine.bodyWanted() == true)
        #expect(machine.bodyWanted() == false)
        #expect(machine.deadline == .body)
        #expect(machine.bodyCame(5) == .deliver)
        #expect(machine.requestCame() == false)
        #expect(machine.responseBegan(.ok, length: 0)?.connection == nil)
    }

    @Test func `a client that waits in vain for 100 Continue is closed after its answer`() {
        var machine = serving(head(.post, framing: .length(5), headers: ["Host": "x", "Expect": "100-continue"]), complete: false)
        #expect(machine.responseBegan(.forbidden, length: 0)?.connection == .close)
        #expect(machine.responseEnded() == .finish)
        #expect(machine.bodyWanted() == false)
    }

    @Test func `a client that does not wait for 100 Continue is not told to`() {
        var machine = serving(head(.post, framing: .length(5), headers: ["Host": "x", "Expect": "100-continue"]), complete: false)
        #expect(machine.bodyCame(5) == .deliver)
        #expect(machine.bodyWanted() == false)
    }

    @Test func `another expectation is refused`() {
        var machine = machine()
        guard case .refuse(let refusal) = machine.headCame(head(.post, framing: .length(5), headers: ["Host": "x", "Expect": "cake"]))
        else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status == .expectationFailed)
    }

    @Test func `the client disconnects while its handler is at work`() {
        var machine = serving(head())
        #expect(machine.inputEnded() == .cancelHandler)
        #expect(machine.responseBegan(.ok, length: 2)?.connection == .close)
        #expect(machine.responseEnded() == .finish)
    }

    @Test func `the client disconnects in the middle of its body`() {
        var machine = serving(head(.post, framing: .length(5)), complete: false)
        #expect(machine.inputEnded() == .abort)
        #expect(machine.state == .closed)
    }

    @Test func `nonsense is answered once, and not in the middle of an answer`() {
        let error = HTTPSyntaxError("nonsense")
        var first = machine()
        #expect(first.inputBroke(error) == .refuse(HTTPRefusal(error)))
        #expect(first.inputBroke(error) == .nothing)
        var pending = serving(head(.post, framing: .chunked), complete: false)
        #expect(pending.inputBroke(error) == .refuse(HTTPRefusal(error)))
        var streaming = serving(head(.post, framing: .chunked), complete: false)
        _ = streaming.responseBegan(.ok, length: nil)
        #expect(streaming.inputBroke(error) == .abort)
    }

    @Test func `deadlines`() {
        var idle = machine()
        #expect(idle.deadlinePassed(.head) == .nothing)
        #expect(idle.deadlinePassed(.idle) == .abort)
        #expect(idle.state == .closed)
        var slowHead = machine()
        slowHead.headBegan()
        #expect(slowHead.deadlinePassed(.idle) == .nothing)
        #expect(slowHead.deadlinePassed(.head) == .refuse(.tooSlow("the head of the request")))
        var slowBody = serving(head(.post, framing: .length(5)), complete: false)
        #expect(slowBody.deadlinePassed(.body) == .refuse(.tooSlow("the body of the request")))
        var streaming = serving(head(.post, framing: .length(5)), complete: false)
        _ = streaming.responseBegan(.ok, length: nil)
        #expect(streaming.deadlinePassed(.body) == .abort)
        var lingering = serving(head(keepsAlive: false))
        _ = lingering.responseBegan(.ok, length: 0)
        _ = lingering.responseEnded()
        _ = lingering.outputDrained()
        #expect(lingering.deadlinePassed(.linger) == .abort)
    }

    @Test func `draining closes what is idle, finishes what is under way and refuses what is new`() {
        var idle = machine()
        #expect(idle.drain() == true)
        #expect(idle.state == .closed)
        var serving = serving(head())
        #expect(serving.drain() == false)
        #expect(serving.responseBegan(.ok, length: 0)?.connection == .close)
        #expect(serving.responseEnded() == .finish)
        var streaming = self.serving(head())
        _ = streaming.responseBegan(.ok, length: nil)
        #expect(streaming.drain() == false)
        #expect(streaming.responseEnded() == .finish)
        var reading = machine()
        reading.headBegan()
        #expect(reading.drain() == false)
        #expect(reading.headCame(head()) == .refuse(.draining))
    }

    @Test func `a connection too many is told so`() {
        var machine = machine(refusing: .overloaded)
        #expect(machine.deadline == .head)
        #expect(machine.headCame(head()) == .refuse(.overloaded))
        #expect(machine.state == .closing)
    }

    // MARK: Heads that are not served

    @Test(
        arguments: [
            ([:], "/", 1, 400), (["Host": "a", "host": "a"], "/", 1, 400), (["Host": "a b"], "/", 1, 400), (["Host": "a/b"], "/", 1, 400),
            (["Host": "user@a"], "/", 1, 400), (["Host": "a"], "a", 1, 400), (["Host": "a"], "http://b/", 1, 400),
            (["Host": "a"], "https://a/", 1, 400), (["Host": "a"], "*", 1, 400), (["Host": "a"], "/#x", 1, 400),
            (["Host": "a"], "/%", 1, 400),
            (["Host": "a"], "/%zz", 1, 400), (["Host": "a"], "/%00", 1, 400), (["Host": "a"], "/%FF", 1, 400),
            (["Host": "a"], "/?%F", 1, 400),
        ] as [(HTTPHeaders, String, Int, Int)])
    func `hosts and targets that are refused`(_ headers: HTTPHeaders, _ target: String, _ version: Int, _ status: Int) {
        var machine = machine()
        guard case .refuse(let refusal) = machine.headCame(head(.get, target, version: version, headers: headers)) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status.code == status)
        #expect(machine.state == .closing)
    }

    @Test(
        arguments: [
            (["Host": ""], "/", 1), (["Host": "[::1]:80"], "/", 1), ([:], "/", 0), (["Host": "A:1"], "http://a:1/b", 1),
            (["Host": "a"], "/a?b=%20", 1),
        ] as [(HTTPHeaders, String, Int)])
    func `hosts and targets that are served`(_ headers: HTTPHeaders, _ target: String, _ version: Int) {
        var machine = machine()
        guard case .serve = machine.headCame(head(.get, target, version: version, headers: headers)) else {
            Issue.record("refused")
            return
        }
    }

    @Test func `CONNECT is refused, OPTIONS for the server is served`() {
        var connect = machine()
        guard case .refuse(let refusal) = connect.headCame(head(HTTPMethod(rawValue: "CONNECT"), "a:443")) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status == .notImplemented)
        var options = machine()
        guard case .serve(let checks) = options.headCame(head(.options, "*")) else {
            Issue.record("refused")
            return
        }
        #expect(checks.target.path == "*")
    }

    // MARK: Every state with every event

    /// One machine in each state, exchanges in each of their stages.
    private var everyState: [(String, Machine)] {
        let closing = {
            var machine = self.serving(self.head(keepsAlive: false))
            _ = machine.responseBegan(.ok, length: 0)
            _ = machine.responseEnded()
            return machine
        }()
        var reading = machine()
        reading.headBegan()
        var lingering = closing
        _ = lingering.outputDrained()
        var closed = machine()
        closed.aborted()
        let post = head(.post, framing: .chunked)
        let expecting = head(.post, framing: .length(5), headers: ["Host": "x", "Expect": "100-continue"])
        var states = [
            ("idle", machine()), ("readingHead", reading), ("closing", closing), ("lingering", lingering), ("closed", closed),
            ("expecting/pending", serving(expecting, complete: false)), ("receiving/pending", serving(post, complete: false)),
            ("complete/pending", serving(post)),
        ]
        for (name, start) in [("receiving", serving(post, complete: false)), ("complete", serving(post))] {
            var streaming = start
            _ = streaming.responseBegan(.ok, length: nil)
            states.append(("\(name)/streaming", streaming))
        }
        var discarding = serving(post, complete: false)
        _ = discarding.responseBegan(.ok, length: 0)
        _ = discarding.responseEnded()
        states.append(("receiving/complete", discarding))
        return states
    }

    private var everyEvent: [(String, (inout Machine) -> Void)] {
        [
            ("headBegan", { $0.headBegan() }), ("bodyCame", { _ = $0.bodyCame(1) }), ("bodyCame too much", { _ = $0.bodyCame(1000) }),
            ("requestCame", { _ = $0.requestCame() }), ("inputBroke", { _ = $0.inputBroke(HTTPSyntaxError("x")) }),
            ("inputEnded", { _ = $0.inputEnded() }), ("bodyWanted", { _ = $0.bodyWanted() }),
            ("responseBegan", { _ = $0.responseBegan(.ok, length: 1) }),
            ("responseBegan stream", { _ = $0.responseBegan(.ok, length: nil) }),
            ("responseEnded", { _ = $0.responseEnded() }), ("responseFailed", { $0.responseFailed() }),
            ("outputDrained", { _ = $0.outputDrained() }), ("aborted", { $0.aborted() }), ("idle passed", { _ = $0.deadlinePassed(.idle) }),
            ("head passed", { _ = $0.deadlinePassed(.head) }), ("body passed", { _ = $0.deadlinePassed(.body) }),
            ("linger passed", { _ = $0.deadlinePassed(.linger) }), ("drain", { _ = $0.drain() }),
        ]
    }

    @Test func `every event is allowed in every state, closed is the end, and what is ending does not come back`() {
        for (stateName, start) in everyState {
            for (firstName, first) in everyEvent {
                for (secondName, second) in everyEvent {
                    var machine = start
                    var before = machine
                    for event in [first, second] {
                        before = machine
                        event(&machine)
                        if before.state == .closed {
                            #expect(machine.state == .closed, "\(stateName), \(firstName), \(secondName)")
                        }
                        if before.isEnding {
                            #expect(machine.isEnding, "\(stateName), \(firstName), \(secondName)")
                        }
                        if machine.isEnding { #expect(!machine.wantsInput && machine.streamFraming == nil) }
                    }
                }
            }
        }
    }

    @Test func `a closed connection owes and waits for nothing`() {
        for (_, start) in everyState {
            var machine = start
            machine.aborted()
            #expect(!machine.isBusy && !machine.wantsInput && machine.deadline == nil)
            #expect(machine.responseBegan(.ok, length: 1) == nil)
        }
    }
}
