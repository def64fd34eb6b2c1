import EventLoop
import Testing

@testable import HTTP

/// The pipe between a connection and the reader of a body.
@Suite struct BodyPipeTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(name: "test")
    }

    private func pipe(capacity: Int = 10, demands: Shared<[HTTPBodyPipe.Demand]> = Shared([])) -> HTTPBodyPipe {
        HTTPBodyPipe(capacity: capacity, loop: loop) { demand in demands.change { $0.append(demand) } }
    }

    /// Runs `body` on the loop, where a pipe's producer lives and demands are made at once.
    private func onLoop<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        try await Task(executorPreference: loop) { try await body() }.value
    }

    @Test func `what has come is given out together, then the end`() async throws {
        let pipe = pipe()
        #expect(pipe.push([1, 2]))
        #expect(pipe.push([3]))
        pipe.finish()
        #expect(try await pipe.next() == [1, 2, 3])
        #expect(try await pipe.next() == nil)
        #expect(try await pipe.next() == nil)
        loop.stop()
    }

    @Test func `a full pipe says so, and asks for more once it has been emptied`() async throws {
        let demands = Shared<[HTTPBodyPipe.Demand]>([])
        let pipe = pipe(demands: demands)
        let loop = loop
        try await onLoop { () async throws in
            #expect(pipe.push([UInt8](repeating: 1, count: 9)))
            #expect(pipe.push([1]) == false)
            #expect(demands.value.isEmpty)
            #expect(try await pipe.next()?.count == 10)
            #expect(demands.value == [.more])
            #expect(pipe.push([1]))
            #expect(try await pipe.next() == [1])
            #expect(demands.value == [.more])
        }
        loop.stop()
    }

    @Test func `a reader that waits asks for more and is handed what comes`() async throws {
        let asked = Event()
        let pipe = HTTPBodyPipe(capacity: 10, loop: loop) { _ in asked.happen() }
        let reading = Task { try await pipe.next() }
        await asked.value()
        // Handed over, so there is still room.
        #expect(pipe.push([UInt8](repeating: 1, count: 100)))
        #expect(try await reading.value?.count == 100)
        loop.stop()
    }

    @Test func `an error comes after what came before it, and stays`() async throws {
        let pipe = pipe()
        _ = pipe.push([1])
        pipe.fail(HTTPError(.closed, "gone"))
        pipe.finish()
        #expect(try await pipe.next() == [1])
        for _ in 0..<2 {
            let error = await #expect(throws: HTTPError.self) { try await pipe.next() }
            #expect(error?.code == .closed)
        }
        loop.stop()
    }

    @Test func `a reader may be cancelled and another one come`() async throws {
        let asked = Event()
        let pipe = HTTPBodyPipe(capacity: 10, loop: loop) { _ in asked.happen() }
        let reading = Task { try await pipe.next() }
        await asked.value()
        reading.cancel()
        let error = await #expect(throws: HTTPError.self) { try await reading.value }
        #expect(error?.code == .cancelled)
        _ = pipe.push([1])
        #expect(try await pipe.next() == [1])
        loop.stop()
    }

    @Test func `dropping a body tells its producer, unless it was done`() async throws {
        let told = Event()
        let open = HTTPBodyPipe(capacity: 10, loop: loop) { demand in if demand == .none { told.happen() } }
        _ = open.push([1])
        _ = HTTPBody(pipe: open)
        await told.value()
        #expect(open.push([1]))

        let demands = Shared<[HTTPBodyPipe.Demand]>([])
        let done = pipe(demands: demands)
        done.finish()
        _ = HTTPBody(pipe: done)
        try await onLoop {}
        #expect(demands.value.isEmpty)
        loop.stop()
    }
}
