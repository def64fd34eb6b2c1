import Glibc
import Platform
import Testing

/// A process of a test's own, killed and reaped with this object.
final class Child: Sendable {
    let watch: ProcessWatch

    var pid: Int32 { watch.pid }

    /// Starts a program with exactly this environment. `inherited` are descriptors it gets, each by the number it has here.
    init(_ command: [String], environment: [String] = ["PATH=/usr/bin:/bin"], inherited: [Int32] = [], output: Int32? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for number in inherited { posix_spawn_file_actions_adddup2(&actions, number, number) }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, command[0], &actions, nil, &words, &variables)
        guard failure == 0 else { throw SystemError(errno: failure, "start", path: command[0]) }
        watch = try #require(try ProcessWatch.open(pid: pid))
    }

    /// A shell that stops itself once it runs, and is waited for until it has.
    static func idle(environment: [String] = ["PATH=/usr/bin:/bin"], inherited: [Int32] = []) throws -> Child {
        let child = try Child(["/bin/sh", "-c", "kill -STOP $$"], environment: environment, inherited: inherited)
        while ProcessStat.of(pid: child.pid)?.state != UInt8(ascii: "T") { sched_yield() }
        return child
    }

    /// Kills it and waits until it has ended, without reaping it.
    func kill() throws {
        try watch.signal(SIGKILL)
        #expect(watch.waitForExit(milliseconds: 20000))
    }

    deinit {
        _ = try? watch.signal(SIGKILL)
        _ = try? watch.reap(waiting: true)
    }
}

/// Runs `body` and returns the error it threw.
func failure(_ body: () throws -> Void) -> SystemError? {
    do {
        try body()
        return nil
    } catch {
        return error as? SystemError
    }
}

/// Whether something becomes true, looked at again and again.
///
/// For what follows from closing a descriptor: a program that another test starts at that moment has a copy of it until it is executed.
func eventually(_ isTrue: () throws -> Bool) rethrows -> Bool {
    let end = SuspendingClock.now + .seconds(20)
    while SuspendingClock.now < end {
        if try isTrue() { return true }
        sched_yield()
    }
    return false
}
