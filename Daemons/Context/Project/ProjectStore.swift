internal import ContextContract
internal import DaemonContract
internal import Glibc
internal import Platform

/// The projects on disk: `projects/<id>/` in the data directory, with a manifest, the files of the last scan and the experiences of each. Its
/// calls block.
struct ProjectStore: Sendable {
    private let directory: String

    /// Looks whether the data directory can be used; it is made where it is absent.
    ///
    /// - Throws: `storage` if it cannot be used.
    init(directory: String) throws(ProjectError) {
        self.directory = directory
        _ = try projects()
    }

    /// The folder of all projects, opened when it is needed: one descriptor fewer while nobody asks, and one that was removed is made again.
    private func projects() throws(ProjectError) -> RunDirectory {
        try Self.storing { () throws(SystemError) in try RunDirectory.make(directory).makeSubdirectory("projects") }
    }

    /// A project's folder, if it has one.
    func folder(of path: ProjectPath) throws(ProjectError) -> ProjectFolder? {
        let (id, projects) = (ProjectID(of: path), try projects())
        let directory = try Self.storing { () throws(SystemError) in try projects.subdirectory(id.text, create: false) }
        return directory.map { ProjectFolder(directory: $0, path: path) }
    }

    /// Makes a project known. Of those that try at the same moment, in this process or another, one succeeds.
    ///
    /// - Throws: `alreadyInitialized`; `corrupt` when what is stored there belongs to another path or cannot be read.
    func create(_ path: ProjectPath, at now: Int64) throws(ProjectError) -> ProjectFolder {
        let projects = try projects()
        let directory = try Self.storing { () throws(SystemError) in try projects.makeSubdirectory(ProjectID(of: path).text) }
        let folder = ProjectFolder(directory: directory, path: path)
        guard try folder.create(ProjectManifest(projectPath: path.text, createdAt: now)) else {
            // A manifest that cannot be read, or another's, is said to be that.
            _ = try folder.manifest()
            throw ProjectError(.alreadyInitialized, "the project \(path) is initialized already")
        }
        return folder
    }

    /// What is known of a project; nil when nothing is.
    ///
    /// - Throws: `corrupt` when there is something that cannot be read.
    func summary(of path: ProjectPath) throws(ProjectError) -> ProjectSummary? {
        try folder(of: path)?.manifest()?.summary
    }

    static func storing<Value>(_ body: () throws(SystemError) -> Value) throws(ProjectError) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw ProjectError(error.code == .corrupt ? .corrupt : .storage, error.message, underlying: error)
        }
    }
}
