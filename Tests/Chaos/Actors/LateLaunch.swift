import DaemonLifecycle
import EventLoop
import Glibc
import Platform

/// Launches a daemon that runs already, with all that it was started with but the nonce.
struct LateLaunch: Sendable {
    let run: ChaosRun
    let home: ChaosHome

    struct Outcome: Sendable {
        let daemon: String
        let text: String
        /// Law 1: the launcher started a second one while the first had its lock all the time.
        let isSecond: Bool
    }

    /// Blocks until the launcher has ended.
    ///
    /// - Returns: nil when there is no daemon.
    func perform(_ latecomer: Latecomer) throws -> Outcome? {
        let processes = run.reader.processes().filter { $0.home == home.index && $0.role.isDaemon }
        let held = HomeFiles(home: home).locks().compactMap { entry -> (entry: HomeFiles.Entry, sight: LockSight, process: SeenProcess)? in
            guard let sight = LockSight(entry.path), let process = processes.first(where: { $0.daemon == entry.daemon }),
                sight.isHeld(by: process.pid)
            else { return nil }
            return (entry, sight, process)
        }
        guard !held.isEmpty else { return nil }
        let (entry, sight, process) = held[latecomer.pick % held.count]
        guard let victim = Victim(process, reader: run.reader), let specification = specification(entry, process, latecomer) else {
            return nil
        }
        let status = try launch(specification)
        // It may have died since, and its folder may have gone: then the launch was as good as any.
        let now = LockSight(entry.path)
        let isHeldAllAlong = !victim.isGone && sight.isHeld(by: process.pid) && now?.inode == sight.inode && now?.device == sight.device
        return Outcome(
            daemon: entry.daemon, text: "\(latecomer): \(process): the launcher ended, \(status.map { "\($0)" } ?? "nobody saw how")",
            isSecond: status == .exit(0) && isHeldAllAlong)
    }

    private func specification(_ entry: HomeFiles.Entry, _ process: SeenProcess, _ latecomer: Latecomer) -> LaunchSpecification? {
        guard let program = ProcReader.link("/proc/\(process.pid)/exe"), let words = ChaosFile.read("/proc/\(process.pid)/cmdline"),
            let variables = ChaosFile.read("/proc/\(process.pid)/environ")
        else { return nil }
        var environment: [String: String] = [:]
        for variable in variables.split(separator: 0).map({ ChaosFile.text($0) }) {
            guard let equals = variable.firstIndex(of: "=") else { continue }
            environment[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
        }
        let nonce = Forger.nonce(latecomer.salt)
        environment["RBEE_NONCE"] = nonce
        environment["NOTIFY_SOCKET"] = nil
        let folder = home.folder(of: entry.kind)
        return LaunchSpecification(
            id: "late", executable: program, arguments: words.split(separator: 0).map { ChaosFile.text($0) }, environment: environment,
            lock: entry.path, nonce: nonce, output: "\(folder)/\(entry.instance).out", lastEnd: "\(folder)/\(entry.instance).last.json")
    }

    /// Runs the launcher of the home, as a starter does that leaves at once.
    private func launch(_ specification: LaunchSpecification) throws -> Platform.ProcessEnd? {
        let input = try Descriptor.pipe()
        let launcher = "\(home.path)/bin/rbee-launch"
        let pid = try Spawn.start(launcher, [launcher], environment: ["PATH": "/usr/bin:/bin"], streams: [input.read, nil, nil])
        input.read.close()
        let watch = try ProcessWatch.open(pid: pid)
        try input.write.write(LaunchSpecification.encode([specification]))
        input.write.close()
        guard let watch, watch.waitForExit(milliseconds: 60_000) else { return nil }
        return try watch.reap()
    }
}
