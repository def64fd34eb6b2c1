/// Who holds a daemon's lock, as its line in the lock file says.
package struct Holder: Sendable, Hashable {
    package let nonce: String
    package let pid: Int32

    package init(nonce: String, pid: Int32) {
        self.nonce = nonce
        self.pid = pid
    }
}

/// What a daemon said when it was asked for `/v1/info` and `/health`.
package struct Answer: Sendable, Hashable {
    /// How far the daemon is, by its own word.
    package enum Phase: Sendable, Hashable, CaseIterable {
        case starting
        case ready
        case draining
    }

    package let nonce: String
    package let pid: Int32
    package let phase: Phase
    package let version: String
    package let buildID: String
    /// Whether the nonce is the one that this call drew for its own launch.
    package let isOurLaunch: Bool
    /// Whether it says that it is the daemon that is meant, by kind and instance. A program of another kind may have been given the nonce.
    package let isNamed: Bool

    package init(nonce: String, pid: Int32, phase: Phase, version: String, buildID: String, isOurLaunch: Bool, isNamed: Bool = true) {
        self.nonce = nonce
        self.pid = pid
        self.phase = phase
        self.version = version
        self.buildID = buildID
        self.isOurLaunch = isOurLaunch
        self.isNamed = isNamed
    }
}

/// A holder that did not answer, by the state its record shows.
package enum Silence: Sendable, Hashable, CaseIterable {
    /// It has written no record: it has only just begun, or never writes one. What becomes of it is seen by asking alone.
    case unwritten
    /// It has not been ready yet: silence is expected, and what becomes of it is seen in its record.
    case starting
    /// It was ready: it is busy, stopped by a signal, or hung. Busy is not dead.
    case ready
    /// It is on its way out.
    case draining
}

/// How a start failed that never became ready.
package struct FailedStart: Sendable, Hashable {
    package let nonce: String
    package let end: ProcessEnd
    /// The last of what it printed.
    package let output: String
    /// Whether the files alone show that it never became ready. An end with status 0, or in a drain, is one of a start only to those who
    /// know that it was still starting.
    package let isCertain: Bool

    package init(nonce: String, end: ProcessEnd, output: String, isCertain: Bool = true) {
        self.nonce = nonce
        self.end = end
        self.output = output
        self.isCertain = isCertain
    }
}

/// How a process ended.
public enum ProcessEnd: Sendable, Hashable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)
    /// Whoever would have seen it was gone before.
    case unseen

    public var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal): "was ended by signal \(signal)"
        case .unseen: "ended, nobody saw how,"
        }
    }
}

/// What the caller of `ensure` asks for.
package struct EnsureWish: Sendable, Hashable {
    /// False: only find a running daemon, start none.
    package var mayLaunch: Bool
    /// Whether the program says `READY=1`; one that cannot is polled.
    package var notifies: Bool
    /// Replace a daemon whose version is another; nil: any will do.
    package var version: String?
    /// Replace a daemon whose build is another; nil: any will do.
    package var buildID: String?
    /// After how many silent answers in a row a holder that was ready is given up.
    package var silencesAllowed: Int

    package init(mayLaunch: Bool = true, notifies: Bool = true, version: String? = nil, buildID: String? = nil, silencesAllowed: Int = 8) {
        self.mayLaunch = mayLaunch
        self.notifies = notifies
        self.version = version
        self.buildID = buildID
        self.silencesAllowed = silencesAllowed
    }

    func accepts(_ answer: Answer) -> Bool {
        (version == nil || version == answer.version) && (buildID == nil || buildID == answer.buildID)
    }
}

/// How `ensure` ended.
package enum EnsureOutcome: Sendable, Hashable {
    case started(Answer)
    case alreadyRunning(Answer)
    case failed(EnsureFailure)
}

/// Why `ensure` failed.
package enum EnsureFailure: Sendable, Hashable {
    case notRunning
    /// The lock is held and its line never appeared.
    case lockWithoutLine
    /// The holder was still starting or draining when the budget ended.
    case holderNotReady(Holder)
    /// The holder had been ready and does not answer.
    case holderSilent(Holder)
    /// Something else answers on the holder's socket.
    case foreignAnswer(Holder)
    case launchFailed(stage: String, errno: Int32)
    /// The budget ended with the lock free: whoever had it was gone again.
    case outrun
    case startFailed(FailedStart)
    case notReadyInTime(pid: Int32)
    /// It said that it is ready, and did not answer on its socket as a daemon does.
    case silentThoughReady(pid: Int32)
    case stoppedWhileStarting(pid: Int32)
    case answeredByAnother(pid: Int32, other: Int32)
    case replaceFailed(Holder, String)
    /// An event that no state expects: a defect in the shell, reported instead of trapping.
    case unexpected(String)

    /// The holder that was there and never answered.
    var unheardHolder: Holder? {
        switch self {
        case .holderSilent(let holder), .holderNotReady(let holder): holder
        default: nil
        }
    }
}
