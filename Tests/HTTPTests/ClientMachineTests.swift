import Testing

@testable import HTTP

/// The client's connection machine.
@Suite struct ClientMachineTests {
    typealias Machine = HTTPClientConnectionMachine

    private func head(_ status: Int = 200, keepsAlive: Bool = true) -> HTTPMessageHead {
        HTTPMessageHead(minorVersion: 1, status: HTTPStatus(status), headers: [:], framing: .none, keepsAlive: keepsAlive)
    }

    private func exchanging(sent: Bool = true) -> Machine {
        var machine = Machine()
        let began = machine.requestBegan()
        #expect(began)
        if sent { _ = machine.requestSent() }
        return machine
    }

    @Test func `a request, its response, and the connection is free again`() {
        var machine = exchanging()
        #expect(machine.wantsInput)
        machine.responseBegan()
        #expect(machine.headCame(head()) == .deliver)
        #expect(machine.responseCame() == .release)
        #expect(machine.state == .idle)
        #expect(!machine.wantsInput)
        let began = machine.requestBegan()
        #expect(began)
        #expect(machine.wantsInput)
    }

    @Test func `a server that closes after its answer is not used again`() {
        var machine = exchanging()
        machine.responseBegan()
        #expect(machine.headCame(head(keepsAlive: false)) == .deliver)
        #expect(machine.responseCame() == .close)
        #expect(machine.state == .closed)
    }

    @Test func `interim responses are passed over`() {
        var machine = exchanging()
        machine.responseBegan()
        #expect(machine.headCame(head(100)) == .ignore)
        #expect(machine.responseCame() == .nothing)
        #expect(machine.headCame(head(103)) == .ignore)
        #expect(machine.headCame(head()) == .deliver)
        #expect(machine.responseCame() == .release)
    }

    @Test func `another protocol is refused`() {
        var machine = exchanging()
        machine.responseBegan()
        #expect(machine.headCame(head(101)) == .fail(.malformed))
        #expect(machine.state == .closed)
    }

    @Test func `an answer before the request is complete ends the connection`() {
        var machine = exchanging(sent: false)
        machine.responseBegan()
        #expect(machine.headCame(head(413)) == .deliver)
        #expect(machine.responseCame() == .close)
        #expect(machine.requestSent() == .nothing)
    }

    @Test func `a request that is complete after the head of its answer keeps the connection`() {
        var machine = exchanging(sent: false)
        machine.responseBegan()
        #expect(machine.headCame(head()) == .deliver)
        #expect(machine.requestSent() == .nothing)
        #expect(machine.responseCame() == .release)
    }

    @Test func `where the connection ends says how far the exchange had come`() {
        var idle = Machine()
        #expect(idle.inputEnded() == .close)
        #expect(idle.inputEnded() == .nothing)
        var awaiting = exchanging()
        #expect(awaiting.inputEnded() == .fail(.closedBeforeResponse))
        var sending = exchanging(sent: false)
        #expect(sending.inputEnded() == .fail(.closedBeforeResponse))
        var arriving = exchanging()
        arriving.responseBegan()
        #expect(arriving.inputEnded() == .fail(.closed))
        var body = exchanging()
        body.responseBegan()
        _ = body.headCame(head())
        #expect(body.inputEnded() == .fail(.closed))
    }

    @Test func `bytes that nobody asked for end an idle connection`() {
        var machine = Machine()
        #expect(machine.inputBroke() == .close)
        var exchanging = exchanging()
        #expect(exchanging.inputBroke() == .fail(.malformed))
        #expect(exchanging.inputBroke() == .nothing)
    }

    @Test func `aborting says whether there was something to abort`() {
        var idle = Machine()
        #expect(idle.aborted() == false)
        var busy = exchanging()
        #expect(busy.aborted() == true)
        #expect(busy.aborted() == false)
        #expect(busy.state == .closed)
    }

    @Test func `a closed connection stays closed whatever happens`() {
        let events: [(inout Machine) -> Void] = [
            { _ = $0.requestSent() }, { $0.responseBegan() }, { _ = $0.headCame(self.head()) }, { _ = $0.responseCame() },
            { _ = $0.inputEnded() }, { _ = $0.inputBroke() }, { _ = $0.aborted() },
        ]
        for event in events {
            var machine = Machine()
            _ = machine.aborted()
            event(&machine)
            #expect(machine.state == .closed)
            #expect(!machine.wantsInput)
        }
    }
}
