import DaemonContract
import EventLoop
import Foundation
import Testing

@testable import DaemonLifecycle
@testable import Platform

/// A run directory of its own for one test, with the test daemon as every daemon's program. Whatever still runs at the end is stopped.
final class LiveHome: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/rbee-live-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    /// Runs a test's body and cleans up after it, pass or fail.
    static func with(_ body: (LiveHome) async throws -> Void) async throws {
        let home = try LiveHome()
        do {
            try await body(home)
        } catch {
            await home.end()
            throw error
        }
        await home.end()
    }

    private func end() async {
        let home = RbeeHome(root: path)
        if let context = try? LifecycleContext(home: path, owner: "cleaner"),
            let known = try? DaemonDirectory(home: home, loop: .shared).known()
        {
            for id in known {
                _ = try? await StopRun(id, ladder: .signals(termination: .seconds(1)), cascade: false, context: context).run()
            }
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    static var binaries: String {
        String(
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))?.split(separator: "/").dropLast().joined(
                separator: "/") ?? "")
    }

    static var testDaemon: String { "/\(binaries)/rbee-test-daemon" }

    /// A daemon of this home.
    func lifecycle(
        _ arguments: [String] = [], instance: String = "one", owner: String = "tester", program: String = LiveHome.testDaemon,
        configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws -> DaemonLifecycle {
        try DaemonLifecycle(
            try specification(arguments, instance: instance, program: program, configure: configure), owner: owner, home: path)
    }

    func specification(
        _ arguments: [String] = [], instance: String = "one", program: String = LiveHome.testDaemon,
        configure: (inout DaemonSpecification) -> Void = { _ in }
    ) throws -> DaemonSpecification {
        var specification = DaemonSpecification(
            id: try DaemonID(kind: .worker, instance: instance), program: program, arguments: ["--port", "0"] + arguments)
        configure(&specification)
        return specification
    }

    /// A program made of a shell script.
    func script(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        // Close-on-exec, which Foundation's is not: what another test starts meanwhile would keep it open for writing, and so busy.
        try AtomicFile.write(file, Array("#!/bin/sh\n\(text)\n".utf8), mode: 0o700)
        return file
    }

    func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    /// Who holds a daemon's lock.
    func holder(_ instance: String = "one") throws -> LockLine? {
        let id = try DaemonID(kind: .worker, instance: instance)
        guard let files = try DaemonFiles.open(id, home: RbeeHome(root: path), create: false), case .held(let line, _, _) = try files.look()
        else {
            return nil
        }
        return line
    }
}

extension LiveHome {
    /// The holder of a lock that somebody is about to take.
    func nextHolder() async throws -> LockLine {
        let clock = SuspendingClock()
        let end = clock.now + .seconds(60)
        while clock.now < end {
            if let line = try holder() { return line }
            try await EventLoop.shared.sleep(for: .milliseconds(2))  // no event tells of a lock that is taken
        }
        throw LifecycleError(.timedOut, "nobody took the lock")
    }
}

/// Kills a process that a test has started, by its pidfd, and waits until it is gone.
func kill(_ line: LockLine, _ signal: Int32 = SIGKILL) throws {
    let watch = try #require(try ProcessWatch.open(pid: line.pid))
    #expect(line.process.isAlive)
    try watch.signal(signal)
    if signal == SIGKILL { #expect(watch.waitForExit(milliseconds: 10_000)) }
}
