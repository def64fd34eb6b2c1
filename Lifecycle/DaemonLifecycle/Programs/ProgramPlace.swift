internal import DaemonContract
internal import Platform
internal import Synchronization

/// Where the files of plain programs are: `run/process/` and `logs/`. Kept open, and looked at each time whether it still stands in its place.
final class ProgramPlace: Sendable {
    private let home: RbeeHome
    private let directory = Mutex<RunDirectory?>(nil)

    init(home: RbeeHome) {
        self.home = home
    }

    /// The files of one program. Their folder is made if it is missing.
    func files(_ id: DaemonID) throws(LifecycleError) -> ProgramFiles {
        if let directory = directory.withLock({ $0 }), (try? directory.isInPlace()) == true {
            return ProgramFiles(files: DaemonFiles(id: id, home: home, directory: directory))
        }
        guard let files = try DaemonFiles.open(id, home: home, create: true) else {
            throw LifecycleError(.fileSystem, "there is no place for \(id) in \(home.run)", daemon: id.description)
        }
        directory.withLock { $0 = files.directory }
        return ProgramFiles(files: files)
    }

    /// Where the output of a program is kept. The folder is made if it is missing.
    func log(of id: DaemonID) throws(LifecycleError) -> String {
        do throws(SystemError) {
            if try FileIdentity.of(path: home.logs)?.kind != .directory { _ = try RunDirectory.make(home.logs) }
            return "\(home.logs)/\(id.kind)-\(id.instance).log"
        } catch {
            throw LifecycleError(system: error, daemon: id)
        }
    }
}
