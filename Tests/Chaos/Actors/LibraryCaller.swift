import ContextContract
import ContextLifecycle
import DaemonContract
import DaemonLifecycle
import EventLoop
import HiveLifecycle
import QueenLifecycle
import Synchronization
import WorkerLifecycle

/// Looks after a daemon of the tests.
private actor OddLifecycle: LifecycleActor {
    nonisolated let lifecycle: DaemonLifecycle

    init(_ instance: String, _ arguments: [String], program: String = "rbee-test-daemon", home: String) throws {
        var specification = try DaemonSpecification(kind: .worker, instance: instance)
        specification.program = program
        specification.arguments = arguments
        lifecycle = try DaemonLifecycle(specification, owner: LibraryCaller.owner, home: home)
    }
}

/// Calls the lifecycle as another service's code does, in this process and in its name.
final class LibraryCaller: Sendable {
    static let owner = "chaos"
    static let briefInstance = "brief-1"
    static let patientInstance = "patient-1"
    static let sprawlingInstance = "sprawling-1"
    static let bound: Duration = .seconds(240)

    enum Outcome: Sendable {
        /// With the handle that was given.
        case done(DaemonHandle?)
        case failed(LifecycleError)
        case overdue
        case other(String)
    }

    /// A daemon that takes requests that take a while.
    let patient: DaemonLifecycle
    private let context: ContextLifecycle
    /// The folder of the project that the context daemon is asked about.
    private let project: String
    private let actors: [Charge: any LifecycleActor]
    private let handles = Mutex<[Charge: DaemonHandle]>([:])
    private let leases = Mutex<[Charge: Lease]>([:])

    init(_ home: ChaosHome) throws {
        let path = home.path
        let patient = try OddLifecycle(Self.patientInstance, [], home: path)
        self.patient = patient.lifecycle
        context = try ContextLifecycle(owner: Self.owner, home: path)
        project = home.project(CommandPlanner.projects[0])
        actors = [
            .context: context,
            .queen: try QueenLifecycle(port: 0, owner: Self.owner, home: path),
            .hive: try HiveLifecycle(port: 0, owner: Self.owner, home: path),
            .worker: try WorkerLifecycle(instance: "lib-1", model: "builtin", owner: Self.owner, home: path),
            .brief: try WorkerLifecycle(
                instance: Self.briefInstance, model: "builtin", timeToLive: .milliseconds(500), owner: Self.owner, home: path),
            .slow: try OddLifecycle("slow-1", ["--start-delay", "700ms"], home: path),
            .lingering: try OddLifecycle("lingering-1", ["--drain-delay", "700ms"], home: path),
            .crashing: try OddLifecycle("crashing-1", ["--start-code", "3", "--output", "told to crash"], home: path),
            .sprawling: try OddLifecycle(
                Self.sprawlingInstance, ["--child", "plain", "--child", "session", "--child", "orphan,session"], program: "rbee-hostile",
                home: path),
            .patient: patient,
        ]
    }

    /// The daemon of a charge.
    func daemon(_ charge: Charge) -> DaemonID? { actors[charge]?.lifecycle.specification.id }

    func perform(_ step: LibraryStep) async -> Outcome {
        guard let actor = actors[step.charge] else { return .other("no such charge") }
        do {
            return .done(try await EventLoop.shared.withDeadline(Self.bound) { try await self.call(step, actor) })
        } catch let error as LifecycleError {
            return .failed(error)
        } catch is DeadlineExceeded {
            return .overdue
        } catch {
            return .other("\(error)")
        }
    }

    private func call(_ step: LibraryStep, _ actor: any LifecycleActor) async throws -> DaemonHandle? {
        switch step.call {
        case .ensure:
            let handle = try await actor.ensure()
            handles.withLock { $0[step.charge] = handle }
            return handle
        case .send where step.charge == .context: try await askForContext()
        case .ping where step.charge == .context: _ = try await context.requestIfRunning(.ping)
        case .send:
            _ = try await actor.send(DaemonRequest("GET", DaemonPath.stats)).bytes()
        case .lease:
            let lease = try await actor.lease(holder: "chaos", for: .seconds(5))
            let before = leases.withLock { leases in
                defer { leases[step.charge] = lease }
                return leases[step.charge]
            }
            _ = try await actor.renew(lease)
            // That one may be another daemon's by now.
            if let before { try? await actor.giveBack(before) }
        case .release:
            let handle = handles.withLock { handles in
                defer { handles[step.charge] = nil }
                return handles[step.charge]
            }
            if let handle { _ = try await actor.release(handle) }
        case .stop: _ = try await actor.stop(grace: .seconds(1))
        case .restart: return try await actor.restart(grace: .seconds(1))
        case .find: _ = try await actor.find()
        case .status: _ = try await actor.status()
        case .ping: _ = try await actor.ping()
        }
        return nil
    }

    /// Has a project known, and asks what there is to know about it, over the socket for framed requests.
    private func askForContext() async throws {
        _ = try await context.request(.initProject(cwd: project, asyncMode: true))
        switch try await context.request(.getContext(cwd: project, prompt: nil)) {
        case .ok(.context(let text, _)?) where text.isEmpty: throw Unexpected(what: "an empty context")
        // What is kept of it may have been damaged, and the daemon may be closing for the second time: it says so.
        case .ok(.context?), .error: break
        case .ok(let data): throw Unexpected(what: "\(String(describing: data)) for a context")
        case .ack: throw Unexpected(what: "an acknowledgement for a context")
        }
    }

    private struct Unexpected: Error {
        let what: String
    }

    /// What is wrong with an error; empty when it is one that is documented.
    static func complaints(_ outcome: Outcome) -> [String] {
        switch outcome {
        case .done: []
        case .overdue: ["it did not end within \(bound)"]
        case .other(let error): ["it failed with something that is no LifecycleError: \(error)"]
        case .failed(let error):
            switch error.code {
            case .inconsistent, .invalidArgument, .binaryNotFound: ["it failed with \(error.code): \(error.message)"]
            default: error.message.count > 8 ? [] : ["its error \(error.code) says nothing"]
            }
        }
    }
}
