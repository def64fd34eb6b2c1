/// What the kernel and the run directory know of one daemon: its lock, its files, and the process that serves it.
///
/// Lives of the daemon are numbered from 1 in the order in which they took the lock; the number stands for nonce and pid. Sets of lives are
/// bits. A process is here only while it holds the lock, as it is in truth.
struct Kernel: Hashable {
    enum Phase: UInt8 {
        /// The shepherd has the lock and has forked the child, which has not written its line: the one of an earlier life still stands there.
        case forked
        /// The program runs and has written nothing yet.
        case booting
        /// It answers that it starts; its record says so.
        case starting
        case ready
        case draining
        /// Gone; its shepherd has the lock until it has written down how.
        case dead
    }

    enum End: UInt8 {
        case none
        /// Status 0.
        case onPurpose
        /// By its own decision after it had served, as it has said itself.
        case served
        case failure
        /// It was killed, or failed, while it drained.
        case cutShort
    }

    /// The last daemon that ended, as its files show it.
    struct LastEnd: Hashable {
        var life: UInt8 = 0
        var end = End.none
        /// Whether they show that it never became ready.
        var isCertain = false

        var code: UInt16 { UInt16(life) * 8 + UInt16(end.rawValue) * 2 + (isCertain ? 1 : 0) }
    }

    /// How many lives there have been.
    var lives: UInt8 = 0
    /// Whose lock it is; 0: nobody's, or a sweeper's.
    var life: UInt8 = 0
    var phase = Phase.dead
    var end = End.none
    var hasShepherd = false
    /// The lock is held by a stop that removes what is left.
    var isSwept = false
    /// The life whose line stands in the lock file.
    var line: UInt8 = 0
    var record: UInt8 = 0
    var recordPhase = Phase.dead
    /// `last.json`: the life that it tells of.
    var last: UInt8 = 0
    var lastEnd = End.none

    /// Lives that have said that they are ready.
    var ready: UInt8 = 0
    /// Lives whose end was reported to their starter.
    var reported: UInt8 = 0
    /// Of those, the ones that ended with status 0.
    var reportedOnPurpose: UInt8 = 0
    /// Lives whose program could not be run, as their starter was told.
    var unborn: UInt8 = 0
    /// Lives that failed to start, all by themselves or by their starter's decision: who waited for one is answered with its failure.
    var blamed: UInt8 = 0
    /// Lives that somebody asked to stop, or whose starter or shepherd was killed: what became of them need not be known.
    var excused: UInt8 = 0

    static func bit(_ life: UInt8) -> UInt8 { 1 << life }

    /// Forgets what became of lives that nobody asks about any more.
    mutating func forgetAll(but known: UInt8) {
        ready &= known
        reported &= known
        reportedOnPurpose &= known
        unborn &= known
        blamed &= known
        excused &= known
    }

    var isLockFree: Bool { life == 0 && !isSwept }
    var isAlive: Bool { life != 0 && phase != .dead }
    /// Whether the daemon has a socket that it answers on.
    var answers: Bool { isAlive && (phase == .starting || phase == .ready || phase == .draining) }

    func isAlive(_ life: UInt8) -> Bool { life == self.life && isAlive }

    /// Whether a process of this life is left, the shepherd among them.
    func isLeft(_ life: UInt8) -> Bool { life == self.life && life != 0 }

    // MARK: What happens to the daemon

    /// The launcher takes the lock.
    ///
    /// - Returns: whether it was free.
    mutating func takeLock() -> Bool {
        guard isLockFree else { return false }
        lives += 1
        life = lives
        phase = .forked
        end = .none
        hasShepherd = true
        return true
    }

    mutating func becomes(_ phase: Phase) {
        self.phase = phase
        switch phase {
        case .forked, .dead: break
        case .booting: line = life
        case .starting, .draining: record(phase)
        case .ready:
            ready |= Self.bit(life)
            record(phase)
        }
    }

    private mutating func record(_ phase: Phase) {
        record = life
        recordPhase = phase
    }

    /// It says that it has served, where its shepherd would write down how it ended, and removes its record.
    mutating func takesLeave(saysSo: Bool) {
        if hasShepherd, saysSo { (last, lastEnd) = (life, .served) }
        if record == life { removeRecord() }
    }

    /// The process ends.
    mutating func dies(_ end: End) {
        if ready & Self.bit(life) == 0, hasShepherd { blamed |= Self.bit(life) }
        if end == .onPurpose, record == life { removeRecord() }
        self.end = end == .failure && phase == .draining ? .cutShort : end
        phase = .dead
        if !hasShepherd { life = 0 }
    }

    /// The shepherd writes down how its child ended, frees the lock and reports, in this order.
    mutating func shepherdRecords() {
        if last != life { (last, lastEnd) = (life, end) }
        if unborn & Self.bit(life) != 0 {
            // It reports what could not be done instead of an end.
        } else {
            reported |= Self.bit(life)
            if end == .onPurpose { reportedOnPurpose |= Self.bit(life) }
        }
        hasShepherd = false
        life = 0
    }

    /// The shepherd is gone without a word.
    mutating func shepherdGoes() {
        guard hasShepherd else { return }
        hasShepherd = false
        if phase == .dead { life = 0 }
    }

    mutating func removeRecord() {
        record = 0
        recordPhase = .dead
    }

    mutating func removeLast() {
        last = 0
        lastEnd = .none
    }

    // MARK: What is read

    /// How the last one ended, as `DaemonFiles.Look` has it.
    var ended: LastEnd {
        guard last != 0, lastEnd != .served, record != last || recordPhase != .ready else { return LastEnd() }
        return LastEnd(life: last, end: lastEnd, isCertain: lastEnd != .onPurpose && (record != last || recordPhase == .starting))
    }

    // MARK: As one number

    private var key: (UInt64, UInt64) {
        let flags = (hasShepherd ? 1 : 0) | (isSwept ? 2 : 0) as UInt64
        let first =
            UInt64(lives) << 56 | UInt64(life) << 48 | UInt64(phase.rawValue) << 40 | UInt64(end.rawValue) << 32 | UInt64(line) << 24
            | UInt64(record) << 16 | UInt64(recordPhase.rawValue) << 8 | flags
        let second =
            UInt64(last) << 56 | UInt64(lastEnd.rawValue) << 48 | UInt64(ready) << 40 | UInt64(reported) << 32
            | UInt64(reportedOnPurpose) << 24 | UInt64(unborn) << 16 | UInt64(blamed) << 8 | UInt64(excused)
        return (first, second)
    }

    static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    func hash(into hasher: inout Hasher) {
        let key = key
        hasher.combine(key.0)
        hasher.combine(key.1)
    }
}
