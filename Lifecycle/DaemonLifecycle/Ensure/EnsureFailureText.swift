internal import DaemonContract
internal import Platform

extension LifecycleError {
    /// The error for people: what failed, why, and the next command.
    ///
    /// - Parameter answer: the last that was answered in the daemon's place.
    init(_ failure: EnsureFailure, of specification: DaemonSpecification, program: String, output: String, answer: DaemonInfo? = nil) {
        let id = specification.id
        let logs = "rbee-keeper \(id.kind.rawValue) logs\(id.selector)"
        let stop = "rbee-keeper \(id.kind.rawValue) stop\(id.selector)"
        let see = "See: \(logs) --streams"
        func error(_ code: Code, _ message: String, pid: Int32? = nil, end: ProcessEnd? = nil, output: String? = nil) -> LifecycleError {
            LifecycleError(code, message, daemon: id.description, pid: pid, path: program.nonEmpty, end: end, output: output)
        }
        switch failure {
        case .notRunning:
            self = error(.notRunning, "\(id) is not running; start it with: rbee-keeper \(id.kind.rawValue) start\(id.selector)")
        case .lockWithoutLine:
            self = error(.timedOut, "the lock of \(id) is held by a process that did not say who it is; look with: rbee-keeper doctor")
        case .holderNotReady(let holder):
            self = error(
                .timedOut, "\(id) runs as process \(holder.pid) and was not ready in time; it was left running. See: \(logs)",
                pid: holder.pid)
        case .holderSilent(let holder):
            self = error(
                .silent,
                "\(id) runs as process \(holder.pid) and does not answer: it is busy, stopped or hung. See: \(logs); end it with: \(stop)",
                pid: holder.pid)
        case .foreignAnswer(let holder):
            self = error(
                .foreign,
                "something else\(Self.claim(answer)) answers on the socket of \(id), whose lock process \(holder.pid) holds; look with: rbee-keeper doctor",
                pid: holder.pid)
        case .launchFailed("launcher", 0):
            self = error(
                .launchFailed, "\(id) could not be started: its launcher, rbee-launch, ended without a word; look with: rbee-keeper doctor")
        case .launchFailed(let stage, let errno):
            let why = errno == 0 ? "no word from the launcher" : SystemError.text(of: errno)
            // The stages that are about a file of the run directory; the others are about the program.
            let subject = ["lock": "run/\(id).lock", "lock-line": "run/\(id).lock", "out": "run/\(id).out"][stage] ?? program
            self = error(.launchFailed, "\(id) could not be started: \(stage) of \(subject): \(why); look with: rbee-keeper doctor")
        case .outrun:
            self = error(.timedOut, "\(id) was started by others until the time was over, and was gone again each time. See: \(logs)")
        case .startFailed(let failed):
            let said = Self.lastLines(failed.output)
            self = error(
                .startFailed, "\(id) \(failed.end) before it was ready" + (said.isEmpty ? " and printed nothing. " : ":\n\(said)\n") + see,
                end: failed.end, output: failed.output)
        case .notReadyInTime(let pid):
            let said = Self.lastLines(output)
            self = error(
                .timedOut,
                "\(id) (process \(pid)) was not ready within its time and was stopped" + (said.isEmpty ? ". " : ":\n\(said)\n") + see,
                pid: pid, output: output)
        case .silentThoughReady(let pid):
            let said = Self.lastLines(output)
            self = error(
                .silent,
                "\(id) (process \(pid)) said that it was ready, but did not answer on its control socket as a daemon does; it was stopped"
                    + (said.isEmpty ? ". " : ":\n\(said)\n") + see,
                pid: pid, output: output)
        case .stoppedWhileStarting(let pid):
            self = error(.startFailed, "\(id) (process \(pid)) was asked to stop while it was starting. \(see)", pid: pid)
        case .answeredByAnother(let pid, let other) where other == pid:
            self = error(
                .foreign,
                "\(id) was started as process \(pid), which answers as somebody else\(Self.claim(answer)); it was stopped. Is \(program) the "
                    + "program of \(id)? Look with: rbee-keeper doctor",
                pid: pid)
        case .answeredByAnother(let pid, let other):
            self = error(
                .foreign,
                "\(id) was started as process \(pid), but process \(other)\(Self.claim(answer)) answers in its place; it was stopped. "
                    + "Look with: rbee-keeper doctor",
                pid: pid)
        case .replaceFailed(let holder, let why):
            self = error(
                .survivors, "\(id) of another build runs as process \(holder.pid) and could not be stopped: \(why)", pid: holder.pid)
        case .unexpected(let what):
            self = error(.inconsistent, "the start of \(id) left its protocol: \(what)")
        }
    }

    /// A daemon that nobody reaches, because something stands in the place of its socket.
    init(obstacle: String, to holder: Holder, of files: DaemonFiles) {
        let path = files.path(files.socket)
        self.init(
            .foreign,
            "\(files.id) runs as process \(holder.pid) and cannot be reached: \(obstacle) stands in the place of its control socket. Remove it, and "
                + "the daemon makes its socket again within a second: rm -r '\(path)'",
            daemon: files.id.description, pid: holder.pid, path: path)
    }

    /// A lock in the hands of a process that wrote no line into it.
    init(unnamedHolderOf files: DaemonFiles, code: Code, holders: (who: String, next: String?)) {
        self.init(
            code,
            "the lock of \(files.id) is held by \(holders.who), which did not say who it is as a daemon does. It is left alone; "
                + (holders.next.map { "if it is not needed, end it with: \($0)" } ?? "look with: rbee-keeper doctor"),
            daemon: files.id.description, path: files.path(files.lock))
    }

    /// A lock in the hands of what its holder, which is gone, has left behind, and of which nothing says that it is its own.
    init(heirsOf holder: Holder, _ files: DaemonFiles, holders: (who: String, next: String?)) {
        self.init(
            .timedOut,
            "\(files.id) (process \(holder.pid)) is gone, and its lock is held by \(holders.who), which it must have started. It is left alone; "
                + (holders.next.map { "if it is not needed, end it with: \($0)" } ?? "look with: rbee-keeper doctor"),
            daemon: files.id.description, pid: holder.pid, path: files.path(files.lock))
    }

    /// Who the other one says it is.
    private static func claim(_ info: DaemonInfo?) -> String {
        info.map { " (\($0.kind.rawValue)/\($0.instance), of the run \($0.nonce))" } ?? ""
    }

    /// The end of what a program printed, short enough for an error message.
    private static func lastLines(_ output: String) -> String {
        output.split(whereSeparator: \.isNewline).suffix(8).map { "  \($0.prefix(300))" }.joined(separator: "\n")
    }
}

extension DaemonID {
    /// How the command line names the instance: nothing for the kind's default one.
    var selector: String { instance == kind.defaultInstance ? "" : " \(instance)" }
}
