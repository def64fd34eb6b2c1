internal import ContextContract
internal import DaemonLifecycle
internal import Glibc
internal import Platform

/// Finds the files of a project: those that git lists where it is a repository, so that git itself decides what is ignored; else all that are not
/// hidden. Blocks.
struct ProjectScanner: Sendable {
    /// How long git may take.
    var patience: Duration = .seconds(30)

    /// Folders that hold no sources, whoever made them.
    private static let skipped: Set<String> = ["node_modules", "target", "build", "dist", "__pycache__", "venv", "vendor"]
    private static let outputLimit = 64 << 20

    /// Scans a project.
    ///
    /// - Throws: `invalidPath` when its folder has gone.
    func scan(_ path: ProjectPath) throws(ProjectError) -> ProjectTree {
        guard access(path.text, R_OK | X_OK) == 0 else {
            throw ProjectError(.invalidPath, "the project \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        if let names = listed(path) {
            return ProjectTree(
                names.prefix(ProjectTree.limit).lazy.compactMap { Self.file(path, $0) }, isTruncated: names.count > ProjectTree.limit)
        }
        return walked(path)
    }

    /// Looks at some files only.
    ///
    /// - Parameter known: those of them that belong to the project already; of others it is asked whether they are ignored.
    /// - Returns: what stands at each path now; nothing for one that does not belong to the project.
    func look(at changes: [String: FileChange], known: Set<String>, in path: ProjectPath) -> [String: SourceFile?] {
        var found: [String: SourceFile?] = [:]
        var strangers: [String] = []
        for name in changes.keys {
            let file = Self.file(path, name)
            if known.contains(name) || file == nil {
                found[name] = .some(file)
            } else {
                strangers.append(name)
            }
        }
        guard !strangers.isEmpty else { return found }
        let belonging = listed(path, among: strangers) ?? strangers.filter(Self.isPlain)
        for name in belonging { found[name] = .some(Self.file(path, name)) }
        return found
    }

    /// Whether a walk would find it.
    private static func isPlain(_ name: String) -> Bool {
        let parts = name.split(separator: "/").map(String.init)
        return parts.allSatisfy { !$0.hasPrefix(".") } && parts.dropLast().allSatisfy { !skipped.contains($0) }
    }

    /// What stands at a path of a project now; nil for what is no plain file.
    static func file(_ project: ProjectPath, _ path: String) -> SourceFile? {
        var status = stat()
        guard lstat("\(project.text)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return SourceFile(path: path, size: Int64(status.st_size), modified: Int64(status.st_mtim.tv_sec))
    }

    // MARK: By git

    /// The names that git lists; nil where git does not know the folder, or there is no git.
    private func listed(_ path: ProjectPath, among names: [String] = []) -> [String]? {
        guard let git = Self.git else { return nil }
        // The repository is not trusted: it may not have a monitor of its own started.
        let arguments = [
            "git", "-c", "core.fsmonitor=false", "-C", path.text, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
            "--deduplicate",
        ]
        // Names are names, whatever characters they have.
        let wanted = names.isEmpty ? [] : ["--"] + names.map { ":(literal)\($0)" }
        guard let run = try? BoundedRun.start(git, arguments + wanted, complaints: false, until: .now + patience) else { return nil }
        let (end, output) = run.finish(outputLimit: Self.outputLimit)
        guard end == .exit(0) else { return nil }
        return output.split(separator: 0).compactMap { String(validating: $0, as: UTF8.self) }
    }

    private static let git = ["/usr/bin/git", "/usr/local/bin/git", "/opt/homebrew/bin/git"].first { (path: String) in
        access(path, X_OK) == 0
    }

    // MARK: By ourselves

    private func walked(_ path: ProjectPath) -> ProjectTree {
        var files: [SourceFile] = []
        var folders = [""]
        while let folder = folders.popLast(), files.count <= ProjectTree.limit {
            for name in DirectoryEntries.names(of: folder.isEmpty ? path.text : "\(path.text)/\(folder)") ?? [] {
                guard !name.hasPrefix(".") else { continue }
                let relative = folder.isEmpty ? name : "\(folder)/\(name)"
                var status = stat()
                guard lstat("\(path.text)/\(relative)", &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFREG:
                    files.append(SourceFile(path: relative, size: Int64(status.st_size), modified: Int64(status.st_mtim.tv_sec)))
                case S_IFDIR where !Self.skipped.contains(name): folders.append(relative)
                default: break
                }
            }
        }
        return ProjectTree(files)
    }
}
