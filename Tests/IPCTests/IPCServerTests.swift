import ContextContract
import Dispatch
import EventLoop
import Glibc
import Platform
import Testing

@testable import IPC

/// A server and clients that behave.
struct IPCServerTests {
    @Test func oneConnectionManyRequestsInOrder() async throws {
        try await IPCHome.with { home in
            let client = try home.client()
            for number in 0..<200 {
                #expect(
                    try await client.send(.getContext(cwd: "/\(number)", prompt: "p"), within: .seconds(60))
                        == .ok(.context("p", nodes: ["/\(number)"])))
            }
            await client.close()
            try await home.empty()
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            // The second takes longest: those behind it wait for it.
            let requests =
                [ContextRequest.ping, .prepareContext(cwd: "/", prompt: "slow")] + (0..<500).map { .getContext(cwd: "/\($0)", prompt: nil) }
            try await client.send(try requests.flatMap { FrameMachine.frame(of: try ValueEncoder.encode($0)) })
            #expect(try await client.answer() == .ok(.pong(timestamp: 7)))
            await home.service.gate.arrival()
            await home.service.gate.open()
            #expect(try await client.answer() == .ok(.context("slow", nodes: [])))
            for number in 0..<500 { #expect(try await client.answer() == .ok(.context("", nodes: ["/\(number)"]))) }
        }
    }

    @Test func aSlowRequestHoldsUpOnlyItsOwnConnection() async throws {
        try await IPCHome.with { home in
            let slow = try home.connect()
            try await slow.send(.prepareContext(cwd: "/", prompt: "slow"))
            await home.service.gate.arrival()
            let quick = try home.client()
            #expect(try await quick.send(.ping, within: .seconds(60)) == .ok(.pong(timestamp: 7)))
            await home.service.gate.open()
            #expect(try await slow.answer() == .ok(.context("slow", nodes: [])))
        }
    }

    @Test func framedListsAndFramedJSONAreAnsweredWithMaps() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            for body in [[UInt8](hex: "91a470696e67") ?? [], Array(#"{"action":"ping"}"#.utf8), Array(#"["ping"]"#.utf8)] {
                try await client.send([UInt8(body.count), 0, 0, 0] + body)
                let expected = [UInt8](hex: "82a6737461747573a26f6ba46461746182a474797065a4706f6e67a974696d657374616d7007") ?? []
                #expect(try await client.receive(upTo: 4 + expected.count) == [UInt8(expected.count), 0, 0, 0] + expected)
            }
        }
    }

    @Test func rawJSONIsAnsweredWithOneLineEach() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            try await client.send(text: "{\"action\":\"ping\"}\n{\"action\":\"nope\"}\n\n[\"ping\"]\n")
            #expect(try await client.line() == #"{"status":"ok","data":{"type":"pong","timestamp":7}}"# + "\n")
            #expect(try await client.line().hasPrefix(#"{"status":"error","code":"invalid_request","message":"unknown action"#))
            #expect(try await client.line() == #"{"status":"ok","data":{"type":"pong","timestamp":7}}"# + "\n")
            // As `nc -N` sends it: the end of the input ends the line.
            try await client.send(text: #"{"action":"ping"}"#)
            client.finish()
            #expect(try await client.line() == #"{"status":"ok","data":{"type":"pong","timestamp":7}}"# + "\n")
            #expect(try await client.receive() == [])
        }
    }

    @Test(arguments: [10, 100, 1000]) func manyClientsAtOnce(_ count: Int) async throws {
        try await IPCHome.with { home in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    let client = try home.client()
                    group.addTask {
                        for round in 0..<3 {
                            let answer = try await client.send(.getContext(cwd: "\(number)", prompt: "\(round)"), within: .seconds(60))
                            #expect(answer == .ok(.context("\(round)", nodes: ["\(number)"])))
                        }
                        await client.close()
                    }
                }
                try await group.waitForAll()
            }
            try await home.empty()
            #expect(home.server.inFlight == 0)
        }
    }

    @Test func connectingAndLeavingIsHarmless() async throws {
        try await IPCHome.with { home in
            for _ in 0..<50 { try home.connect().close() }
            let client = try home.client()
            #expect(try await client.send(.ping, within: .seconds(60)) == .ok(.pong(timestamp: 7)))
        }
    }

    /// What gets the number of a descriptor that is closed too soon would never be seen ready.
    @Test func aClientThatIsDroppedStaysOpenUntilItsLoopHasForgottenIt() async throws {
        try await IPCHome.with { home in
            let loop = try EventLoop(name: "busy")
            let busy = ResumeOnce<Void, Never>(), dropped = DispatchSemaphore(value: 0), found = ResumeOnce<Bool, Never>()
            // Nothing here may keep the socket.
            var socket: Descriptor? = try home.socket()
            let number = socket?.rawValue ?? -1
            var client: IPCClient<ContextRequest, ContextResponse>? = socket.map { IPCClient(socket: $0, loop: loop) }
            socket = nil
            #expect(try await client?.send(.ping, within: .seconds(60)) == .ok(.pong(timestamp: 7)))
            loop.execute {
                busy.resume(with: .success(()))
                dropped.wait()
                found.resume(with: .success(fcntl(number, F_GETFD) >= 0))
            }
            await busy.value()
            client = nil
            dropped.signal()
            #expect(await found.value())
            loop.stop()
        }
    }

    @Test func aMebibyteIsTakenAndGiven() async throws {
        try await IPCHome.with { home in
            let client = try home.client()
            let text = String(repeating: "x", count: 1_000_000)
            #expect(try await client.send(.getContext(cwd: "/", prompt: text), within: .seconds(30)) == .ok(.context(text, nodes: ["/"])))
        }
    }

    @Test func drainFinishesWhatIsInFlightAndRefusesTheRest() async throws {
        try await IPCHome.with { home in
            let idle = try home.connect(), busy = try home.connect()
            try await idle.send(.ping)
            _ = try await idle.answer()
            try await busy.send(.prepareContext(cwd: "/", prompt: "slow"))
            await home.service.gate.arrival()
            async let drained = home.server.drain(deadline: .seconds(60))
            #expect(try await idle.receive() == [], "an idle connection is closed")
            try await busy.send(.ping)
            await home.service.gate.open()
            #expect(try await busy.answer() == .ok(.context("slow", nodes: [])))
            // It was read before the connection was closed to it or it was not; it is never answered otherwise, and the connection not reset.
            let rest = try await busy.receive()
            #expect(rest.isEmpty || String(decoding: rest, as: UTF8.self).contains("shutting_down"))
            #expect(await drained)
        }
    }

    @Test func closingCancelsWhatIsInFlight() async throws {
        try await IPCHome.with { home in
            let client = try home.connect()
            try await client.send(.prepareContext(cwd: "/", prompt: "slow"))
            await home.service.gate.arrival()
            home.server.close()
            #expect(try await client.receive() == [])
            await home.service.gate.open()
            try await home.empty()
        }
    }
}
