internal import DaemonContract
internal import EventLoop
internal import Glibc
internal import HTTP
internal import Platform

/// How the lives of plain programs begin and end.
extension ProgramSupervisor {
    /// How long a launcher may take for its first word of a program.
    private static let launchLimit: Duration = .seconds(10)
    /// How long a guard may take to kill a whole tree. What is longer hangs in the kernel, or the guard itself has been stopped.
    private static let killLimit: Duration = .seconds(10)

    /// The life of a number, while it is the one under way.
    private func life(_ id: DaemonID, _ number: Int) -> ProgramLife? {
        entries[id]?.life.flatMap { $0.number == number ? $0 : nil }
    }

    // MARK: Beginning

    func launch(_ id: DaemonID, _ number: Int) {
        guard let specification = entries[id]?.specification else { return }
        let life = ProgramLife(number: number, nonce: Nonce())
        entries[id]?.life = life
        do throws(LifecycleError) {
            var order = try launchSpecification(specification, life)
            if specification.readiness == .notified { order.environment[DaemonEnvironment.notifySocket] = try listen(id, life) }
            life.limit = context.loop.schedule(after: Self.launchLimit) { [weak self] in
                self?.assumeIsolated { $0.abandon(id, number, "the launcher did not say in time whether it runs") }
            }
            post(order)
        } catch {
            handle(id, .refused(life: number, reason: "could not be started: \(error.message)"))
        }
    }

    private func launchSpecification(_ specification: ProgramSpecification, _ life: ProgramLife) throws(LifecycleError)
        -> LaunchSpecification
    {
        let id = specification.id
        var environment = context.inheritedEnvironment
        environment.merge(specification.environment) { $1 }
        environment[DaemonEnvironment.nonce] = life.nonce.text
        let executable: String
        do throws(ProgramPath.Missing) {
            executable = try ProgramPath.find(specification.command.first ?? "", path: environment["PATH"])
        } catch {
            throw LifecycleError(.binaryNotFound, error.description, daemon: id.description)
        }
        let files = try place.files(id).files
        return LaunchSpecification(
            id: "\(id.instance):\(life.number)", executable: executable, arguments: specification.command, environment: environment,
            lock: files.path(files.lock), nonce: life.nonce.text, lastEnd: files.path(files.lastEnd),
            log: try place.log(of: id), workingDirectory: specification.directory, endOfInput: .stay,
            isGuarded: true, termination: specification.termination)
    }

    /// What the launcher or a guard says.
    func reported(_ report: LaunchReport) {
        guard let colon = report.id.lastIndex(of: ":"), let number = Int(report.id[report.id.index(after: colon)...]),
            let id = try? DaemonID(kind: .process, instance: String(report.id[..<colon])), let life = entries[id]?.life,
            life.number == number
        else { return }
        switch report.event {
        case .started(let pid, _):
            life.limit?.cancel()
            life.pid = pid
            life.since = MonotonicClock.now
            watchGuard(id, life)
            handle(id, .launched(life: number))
        case .lost: lost(id, life)
        case .failed(let stage, let errno):
            let why = errno == 0 ? "" : ": \(SystemError.text(of: errno))"
            handle(id, .refused(life: number, reason: "could not be started: \(stage)\(why)"))
        case .ended(let end): ended(id, life, end)
        case .closed: break
        }
    }

    /// Another holds its lock. It may be one that a predecessor had ordered, and that was not there yet when it was looked for: then it is this life.
    private func lost(_ id: DaemonID, _ life: ProgramLife) {
        let files = try? place.files(id)
        if case .running(let pid, let nonce, let record)? = files?.find(), record?.owner ?? context.owner == context.owner,
            let nonce = Nonce(nonce)
        {
            life.stopWaiting()
            life.nonce = nonce
            life.pid = pid
            watchGuard(id, life)
            return handle(id, .launched(life: life.number))
        }
        let holder = files?.holder.map { "process \($0)" } ?? "another process"
        handle(id, .refused(life: life.number, reason: "was not started: \(holder) holds its lock; look with: rbee-keeper doctor"))
    }

    /// Gives up a life that may or may not have begun.
    private func abandon(_ id: DaemonID, _ number: Int, _ why: String) {
        guard let nonce = life(id, number)?.nonce.text else { return }
        Task { [self] in
            await Remains.end(nonce: nonce, sparing: [getpid()], on: context.loop)
            refused(id, number, why)
        }
    }

    private func refused(_ id: DaemonID, _ number: Int, _ why: String) {
        handle(id, .refused(life: number, reason: why))
    }

    // MARK: Readiness

    func awaitReadiness(_ id: DaemonID) {
        guard let entry = entries[id], let life = entry.life else { return }
        switch entry.specification.readiness {
        case .running: return isReady(id, life)
        case .notified:
            // One that was found running said it to another.
            guard life.notify != nil else { return isReady(id, life) }
        case .health(let endpoint, let target):
            let probe = ProgramProbe(loop: context.loop, endpoint: endpoint, target: target)
            let (number, pid, nonce) = (life.number, life.pid, life.nonce.text)
            life.readiness = Task { [weak self] in
                await self?.poll(id, number, probe, pid: pid, nonce: nonce)
            }
        }
        limit(id, life, entry.specification.startTimeout)
    }

    private func limit(_ id: DaemonID, _ life: ProgramLife, _ limit: Duration) {
        let number = life.number
        life.limit?.cancel()
        life.limit = context.loop.schedule(after: limit) { [weak self] in
            self?.assumeIsolated { $0.handle(id, .late(life: number)) }
        }
    }

    private func poll(_ id: DaemonID, _ number: Int, _ probe: ProgramProbe, pid: Int32, nonce: String) async {
        if let port = probe.localPort { await listeners.wait(for: port) }
        var schedule = PollSchedule()
        while !Task.isCancelled {
            let answer = await probe.ask(pid: pid, nonce: nonce)
            guard let life = life(id, number) else { return }
            switch answer {
            case .ready: return isReady(id, life)
            case .stranger(let who): entries[id]?.obstacle = "\(who) answers in its place"
            case .notYet: break
            }
            guard (try? await context.loop.sleep(for: schedule.next())) != nil else { return }
        }
    }

    /// Listens for what the program says of itself.
    private func listen(_ id: DaemonID, _ life: ProgramLife) throws(LifecycleError) -> String {
        do throws(SystemError) {
            let socket = try NotifySocket(nonce: life.nonce)
            let number = life.number
            life.notify = socket
            life.notifyWatch = context.loop.watch(socket.descriptor, for: .readable) { [weak self] in
                self?.assumeIsolated { $0.hear(id, number) }
            }
            return socket.address
        } catch {
            throw LifecycleError(system: error, daemon: id)
        }
    }

    /// So much is heard in one turn of the loop.
    private static let messagesPerTurn = 64

    private func hear(_ id: DaemonID, _ number: Int) {
        guard let life = life(id, number) else { return }
        for _ in 0..<Self.messagesPerTurn {
            guard let message = try? life.notify?.receive() else { return }
            let isFromIt =
                message.pid == life.pid
                || ProcessStat.of(pid: message.pid)?.environmentValue(DaemonEnvironment.nonce) == life.nonce.text
            guard isFromIt else { continue }
            if message.assignments["READY"] == "1" { return isReady(id, life) }
            if let more = message.assignments["EXTEND_TIMEOUT_USEC"].flatMap(Int64.init), more > 0 {
                limit(id, life, .microseconds(min(more, Child.longestExtension)))
            }
        }
    }

    private func isReady(_ id: DaemonID, _ life: ProgramLife) {
        guard let entry = entries[id], entry.life === life, entry.machine.life == .starting else { return }
        life.stopWaiting()
        entries[id]?.obstacle = nil
        handle(id, .ready(life: life.number))
        life.settle(nil)
        record(id)
    }

    /// Writes down that a program serves, for those who look without a hive. Not while others are still coming up: without its record it is found
    /// by its lock all the same.
    private func record(_ id: DaemonID) {
        unrecorded.insert(id)
        if comingUp.isEmpty { return writeRecords() }
        guard recording == nil else { return }
        recording = context.loop.schedule(after: Self.recordDelay) { [weak self] in self?.assumeIsolated { $0.writeRecords() } }
    }

    /// The longest that a program runs without its record.
    private static let recordDelay: Duration = .seconds(1)

    func writeRecords() {
        recording?.cancel()
        recording = nil
        for id in unrecorded {
            guard let entry = entries[id], let life = entry.life, entry.machine.life == .ready else { continue }
            var baseURL: String?
            if case .health(.tcp(let host, let port), _) = entry.specification.readiness {
                baseURL = "http://\(HTTPAddress(host: host, port: port))"
            }
            try? place.files(id).record(.ready, pid: life.pid, nonce: life.nonce.text, owner: context.owner, baseURL: baseURL)
        }
        unrecorded.removeAll()
    }

    // MARK: The end

    func watchGuard(_ id: DaemonID, _ life: ProgramLife) {
        let number = life.number
        guard let guardian = ProgramGuard.of(life.pid) else {
            // Both may be gone already.
            context.loop.execute { [weak self] in self?.assumeIsolated { $0.guardIsGone(id, number) } }
            return
        }
        life.guardian = guardian
        life.guardWatch = context.loop.watch(guardian.watch.descriptor, for: .readable) { [weak self] in
            self?.assumeIsolated { $0.guardIsGone(id, number) }
        }
    }

    /// A guard writes down how its program ended before it goes. One that was killed has not, and what its program had started still runs.
    private func guardIsGone(_ id: DaemonID, _ number: Int) {
        guard let life = life(id, number) else { return }
        life.guardWatch?.cancel()
        life.guardWatch = nil
        if let end = (try? place.files(id))?.end(of: life.nonce.text) { return ended(id, life, end) }
        endRemains(id, life)
    }

    private func endRemains(_ id: DaemonID, _ life: ProgramLife) {
        let (number, nonce) = (life.number, life.nonce.text)
        Task { [self] in
            await Remains.end(nonce: nonce, sparing: [getpid()], on: context.loop)
            if let life = self.life(id, number) { ended(id, life, .unseen) }
        }
    }

    func end(_ id: DaemonID) {
        guard let entry = entries[id], let life = entry.life else { return }
        let number = life.number
        life.stopWaiting()
        life.limit = context.loop.schedule(after: entry.specification.termination + Self.killLimit) { [weak self] in
            self?.assumeIsolated { $0.overdue(id, number) }
        }
        if let guardian = life.guardian { guardian.end() } else { endRemains(id, life) }
    }

    /// Its guard does not do what it is there for.
    private func overdue(_ id: DaemonID, _ number: Int) {
        guard let life = life(id, number) else { return }
        life.guardian?.kill()
        endRemains(id, life)
    }

    private func ended(_ id: DaemonID, _ life: ProgramLife, _ end: ProcessEnd) {
        guard entries[id]?.life === life else { return }
        let saying = life.isSettled ? nil : (try? place.files(id))?.lastWords(of: life.nonce.text)
        handle(id, .ended(life: life.number, end, saying: saying))
    }
}
