import DaemonContract
import FoundationEssentials
import Glibc
import Platform
import Synchronization
import Testing

@testable import DaemonRuntime

@Suite struct PresenceTests {
    private let temporary: TemporaryHome
    private var home: RbeeHome { temporary.home }
    private let id: DaemonID

    init() throws {
        temporary = try TemporaryHome()
        id = try DaemonID(kind: .worker, instance: "tiny-1")
    }

    private func claim(_ variables: [String: String] = [:]) throws -> Claim {
        try Claim.make(id, home: home, start: StartEnvironment(variables, pid: getpid()))
    }

    private func presence(_ claim: Claim) -> Presence {
        let record = DaemonRecord(
            kind: id.kind, instance: id.instance, nonce: claim.nonce.text, pid: claim.process.pid, startTicks: claim.process.startTicks,
            bootID: claim.process.bootID, pidNamespace: claim.process.pidNamespace, state: .starting, socket: "s", buildID: "b", ttlSecs: 0,
            graceMs: 0, startedAt: 0)
        return Presence(claim, id: id, runPath: home.run, record: record)
    }

    private func lockState() throws -> LockState {
        let run = try RunDirectory.make(home.run)
        return try FileLock.probe(in: try run.makeSubdirectory("worker"), name: "tiny-1.lock")
    }

    private func record() throws -> DaemonRecord {
        try ContractJSON.decode(DaemonRecord.self, from: try #require(temporary.contents("run/worker/tiny-1.json")))
    }

    @Test func oneWinsAndTheOtherTouchesNothing() throws {
        let winner = try claim()
        let before = temporary.contents("run/worker/tiny-1.lock")
        #expect(!winner.isInherited)
        let error = #expect(throws: StartError.self) { try claim() }
        #expect(error?.code == .lockLost)
        #expect(error?.message == "worker/tiny-1 is already running (pid \(getpid()))")
        #expect(temporary.contents("run/worker/tiny-1.lock") == before)
        withExtendedLifetime(winner) {}
    }

    /// In the first moments of a daemon there is no look yet that would make it again.
    @Test func whatIsWrittenAfterTheFolderWentIsWrittenInTheNextOne() throws {
        let presence = presence(try claim())
        try temporary.remove("run/worker")
        try presence.updateRecord { $0.state = .starting }
        #expect(try record().state == .starting && lockState() == .held)
        try temporary.remove("run/worker")
        try presence.listen("sock") { _ in }
        #expect(temporary.exists("run/worker/tiny-1.sock"))
        #expect(try record().state == .starting && lockState() == .held)
        // Another has the lock of the folder that stands there now: it is theirs.
        try temporary.remove("run/worker")
        let other = try claim()
        #expect(throws: SystemError.self) { try presence.updateRecord { $0.state = .ready } }
        #expect(temporary.contents("run/worker/tiny-1.json") == nil)
        withExtendedLifetime(other) {}
    }

    @Test func theLockLineNamesTheHolderAndItsNonce() throws {
        let nonce = Nonce()
        let claim = try claim(["RBEE_NONCE": nonce.text])
        #expect(claim.nonce == nonce)
        let line = try #require(try LockLine.read(in: claim.directory, name: "tiny-1.lock"))
        #expect(line.nonce == nonce && line.pid == getpid())
    }

    @Test func anInheritedLockIsAdoptedAndANumberThatIsNoneIsNot() throws {
        let run = try RunDirectory.make(home.run)
        let directory = try run.makeSubdirectory("worker")
        let number: Int32
        do {
            let lock = try #require(try FileLock.acquire(in: directory, name: "tiny-1.lock"))
            number = dup(lock.descriptor)
        }
        let claim = try claim(["RBEE_LOCK_FD": "\(number)"])
        #expect(claim.isInherited && claim.lock.descriptor == number)
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)

        let other = try TemporaryHome()
        let stranger = try Claim.make(id, home: other.home, start: StartEnvironment(["RBEE_LOCK_FD": "0"], pid: getpid()))
        #expect(!stranger.isInherited)
    }

    @Test func theRecordSaysWhatWasWrittenLast() throws {
        let presence = presence(try claim())
        try presence.updateRecord { $0.port = 80 }
        #expect(try record().state == .starting)
        try presence.updateRecord { $0.state = .ready }
        #expect(try record().state == .ready && record().port == 80)
    }

    @Test func socketsAreOursAloneAndGoWhenRemoved() throws {
        let presence = presence(try claim())
        try presence.listen("sock") { _ in }
        var about = stat()
        #expect(stat(temporary.path + "/run/worker/tiny-1.sock", &about) == 0)
        #expect(about.st_mode & 0o777 == 0o600 && about.st_mode & S_IFMT == S_IFSOCK)
        presence.removeSockets()
        #expect(!temporary.exists("run/worker/tiny-1.sock"))
        #expect(try presence.look() == .intact)
        #expect(!temporary.exists("run/worker/tiny-1.sock"), "nothing is made again when leaving")
    }

    /// Claims what was just given up. A process that another test is starting right now may have a copy of the lock for as long as it
    /// takes to become a program.
    private func claimAgain() throws -> Claim {
        while true {
            do {
                return try claim()
            } catch let error as StartError where error.code == .lockLost {
                sched_yield()
            }
        }
    }

    @Test func aDeadHoldersSocketIsReplacedAndAnythingElseIsAnErrorThatNamesIt() throws {
        do { try presence(try claim()).listen("sock") { _ in } }
        #expect(temporary.exists("run/worker/tiny-1.sock"))
        let presence = presence(try claimAgain())
        try presence.listen("sock") { _ in }

        for make in [{ mkdir($0, 0o700) }, { close(open($0, O_CREAT | O_WRONLY, 0o600)) }] as [(String) -> Int32] {
            #expect(make(temporary.path + "/run/worker/tiny-1.grpc.sock") == 0)
            let error = #expect(throws: SystemError.self) { try presence.listen("grpc.sock") { _ in } }
            #expect(error?.message.contains("/run/worker/tiny-1.grpc.sock is in the way") == true)
            #expect(temporary.exists("run/worker/tiny-1.grpc.sock"), "it is left as it is")
            try temporary.remove("run/worker/tiny-1.grpc.sock")
        }
    }

    @Test func aMissingSocketIsMadeAgain() throws {
        let accepted = Mutex<[Descriptor]>([])
        let presence = presence(try claim())
        try presence.listen("sock") { descriptor in accepted.withLock { $0.append(descriptor) } }
        #expect(try presence.look() == .intact)
        try temporary.remove("run/worker/tiny-1.sock")
        #expect(try presence.look() == .restored)
        #expect(accepted.withLock { $0.count } == 2)
        #expect(temporary.exists("run/worker/tiny-1.sock"))
        #expect(try presence.look() == .intact)
        presence.removeSockets()
        #expect(!temporary.exists("run/worker/tiny-1.sock"))
    }

    @Test func aSocketThatNobodyServesIsReplacedAndOneThatIsServedIsLeft() throws {
        // As long as a socket is open its inode is not used again.
        let accepted = Mutex<[Descriptor]>([])
        let presence = presence(try claim())
        try presence.listen("sock") { descriptor in accepted.withLock { $0.append(descriptor) } }
        let directory = try RunDirectory.make(home.run).makeSubdirectory("worker")
        try temporary.remove("run/worker/tiny-1.sock")
        do { _ = try directory.bindSocket("tiny-1.sock") }
        #expect(try presence.look() == .restored)

        try temporary.remove("run/worker/tiny-1.sock")
        let stranger = try directory.bindSocket("tiny-1.sock")
        #expect(try presence.look() == .displaced)
        presence.abandon()
        presence.removeSockets()
        #expect(try directory.stat("tiny-1.sock")?.isSameFile(as: stranger.identity) == true)
    }

    @Test func aMissingLockIsMadeAgainAndHeld() throws {
        let presence = presence(try claim())
        try presence.updateRecord { $0.state = .ready }
        let before = try #require(temporary.contents("run/worker/tiny-1.lock"))
        try temporary.remove("run/worker/tiny-1.lock")
        #expect(try lockState() == .absent)
        #expect(try presence.look() == .restored)
        #expect(try lockState() == .held)
        #expect(temporary.contents("run/worker/tiny-1.lock") == before)
        #expect(try presence.look() == .intact)
    }

    @Test func anotherOnesRecordStaysWhenWeEndBeforeWeNoticed() throws {
        let presence = presence(try claim())
        try presence.updateRecord { $0.state = .ready }
        try temporary.remove("run/worker/tiny-1.lock")
        let other = self.presence(try claim())
        try other.updateRecord { $0.state = .starting }
        presence.takeLeave(code: 0, served: false)
        #expect(try record().nonce == other.record.nonce)
        other.takeLeave(code: 0, served: false)
        #expect(!temporary.exists("run/worker/tiny-1.json"))
    }

    @Test func aLockReplacedAndHeldByAnotherMeansLeaving() throws {
        let presence = presence(try claim())
        try presence.updateRecord { $0.state = .ready }
        try presence.listen("sock") { _ in }
        try temporary.remove("run/worker/tiny-1.lock")
        let directory = try RunDirectory.make(home.run).makeSubdirectory("worker")
        let other = try #require(try FileLock.acquire(in: directory, name: "tiny-1.lock"))
        #expect(try presence.look() == .displaced)
        presence.abandon()
        try presence.updateRecord { $0.state = .draining }
        #expect(try record().state == .ready, "the record is the other's now")
        presence.removeSockets()
        #expect(temporary.exists("run/worker/tiny-1.sock"), "and so is the socket")
        withExtendedLifetime(other) {}
    }

    @Test func heldIsAliveThoughTheLineIsWrittenOver() throws {
        let presence = presence(try claim())
        let path = temporary.path + "/run/worker/tiny-1.lock"
        let before = try #require(temporary.contents("run/worker/tiny-1.lock"))
        for text in [
            "", "{", "1 5 x", "\u{0}\u{ff}", String(repeating: "x", count: 5000), String(decoding: before, as: UTF8.self) + "more",
        ] {
            let file = open(path, O_WRONLY | O_TRUNC)
            #expect(write(file, text, text.utf8.count) == text.utf8.count)
            close(file)
            #expect(try presence.look() == .restored)
            #expect(temporary.contents("run/worker/tiny-1.lock") == before)
            #expect(try presence.look() == .intact)
        }
    }

    @Test func whatCanBeNoLockIsSetAside() throws {
        let presence = presence(try claim())
        try temporary.remove("run/worker/tiny-1.lock")
        #expect(symlink("/dev/null", temporary.path + "/run/worker/tiny-1.lock") == 0)
        #expect(try presence.look() == .restored)
        #expect(try lockState() == .held)
        #expect(try presence.look() == .intact)
    }

    @Test func theRecordComesBackAndWhatStoodInItsPlaceIsSetAside() throws {
        let presence = presence(try claim())
        #expect(try presence.look() == .intact, "none was written yet")
        try presence.updateRecord { $0.state = .ready }
        #expect(try presence.look() == .intact)
        try temporary.remove("run/worker/tiny-1.json")
        #expect(try presence.look() == .restored)
        #expect(try record().state == .ready)
        let file = open(temporary.path + "/run/worker/tiny-1.json", O_WRONLY | O_TRUNC)
        close(file)
        #expect(try presence.look() == .restored)
        #expect(try record().state == .ready)
        #expect(temporary.exists("run/worker/tiny-1.json.corrupt-1"))
        #expect(try presence.look() == .intact)
    }

    @Test func oneThoughTheRunDirectoryIsMoved() throws {
        let presence = presence(try claim())
        try presence.updateRecord { $0.state = .ready }
        #expect(rename(home.run, home.run + ".old") == 0)
        let other = try claim()
        #expect(try presence.look() == .displaced, "another one serves where we are looked for")
        withExtendedLifetime(other) {}
    }

    @Test func aRunDirectoryThatIsMovedIsMadeAgain() throws {
        let presence = presence(try claim())
        try presence.updateRecord { $0.state = .ready }
        #expect(rename(home.run, home.run + ".old") == 0)
        #expect(try presence.look() == .restored)
        #expect(try lockState() == .held)
        #expect(try record().state == .ready)
        #expect(try presence.look() == .intact)
    }

    @Test func aRunDirectoryThatIsGoneIsMadeAgainWithAllThatBelongsIn() throws {
        let presence = presence(try claim())
        try presence.updateRecord { $0.state = .ready }
        try presence.listen("sock") { _ in }
        try temporary.remove("run")
        #expect(try presence.look() == .restored)
        #expect(try lockState() == .held)
        #expect(try record().state == .ready)
        #expect(temporary.exists("run/worker/tiny-1.sock"))
        #expect(try presence.look() == .intact)
    }

    @Test func withoutAHomeItLeaves() throws {
        let own = try TemporaryHome()
        let home = RbeeHome(root: own.path + "/home")
        let claim = try Claim.make(id, home: home, start: StartEnvironment([:], pid: getpid()))
        let presence = Presence(claim, id: id, runPath: home.run, record: self.presence(claim).record)
        try own.remove("home")
        #expect(try presence.look() == .homeless)
        #expect(!own.exists("home"))
    }

    @Test func aFolderInTheLocksPlaceIsAnErrorThatNamesIt() throws {
        try FileManager.default.createDirectory(atPath: home.run + "/worker/tiny-1.lock", withIntermediateDirectories: true)
        chmod(home.run, 0o700)
        chmod(home.run + "/worker", 0o700)
        let error = #expect(throws: StartError.self) { try claim() }
        #expect(error?.code == .system && error?.message.contains("tiny-1.lock") == true)
    }

    @Test func aRunDirectoryOpenToOthersIsRefused() throws {
        try FileManager.default.createDirectory(atPath: home.run, withIntermediateDirectories: true)
        chmod(home.run, 0o755)
        let error = #expect(throws: StartError.self) { try claim() }
        #expect(error?.code == .system && error?.message.contains("chmod 700") == true)
    }
}
