internal import DaemonContract
internal import Glibc
internal import Platform

/// What is stored of one project. Its calls block.
struct ProjectFolder: Sendable {
    let directory: RunDirectory
    let path: ProjectPath

    private static let manifestName = "manifest.json"
    private static let filesName = "files.json"

    /// The manifest; nil when there is none.
    ///
    /// - Throws: `corrupt`, naming the file, when it cannot be read or is another project's.
    func manifest() throws(ProjectError) -> ProjectManifest? {
        guard let manifest = try read(Self.manifestName, as: ProjectManifest.self) else { return nil }
        let place = "\(directory.path)/\(Self.manifestName)"
        guard manifest.projectPath == path.text else {
            throw ProjectError(.corrupt, "\(place) is that of \(manifest.projectPath), not of \(path): move it away and initialize again")
        }
        guard manifest.version == ProjectManifest.currentVersion else {
            throw ProjectError(.corrupt, "\(place) has version \(manifest.version); this daemon knows \(ProjectManifest.currentVersion)")
        }
        return manifest
    }

    /// Writes the first manifest, unless there is one.
    func create(_ manifest: ProjectManifest) throws(ProjectError) -> Bool {
        let bytes = try encoded(manifest)
        return try ProjectStore.storing { () throws(SystemError) in
            try directory.createAtomically(Self.manifestName, bytes, durable: true)
        }
    }

    /// Replaces manifest and file list after a scan: the list first, so that a manifest never promises what is not there.
    func save(_ manifest: ProjectManifest, _ files: [SourceFile]) throws(ProjectError) {
        let list = try encoded(files), head = try encoded(manifest)
        try ProjectStore.storing { () throws(SystemError) in
            try directory.writeAtomically(Self.filesName, list)
            try directory.writeAtomically(Self.manifestName, head, durable: true)
        }
    }

    /// The files of the last scan; nil when there are none, or none that can be read: a scan brings them back.
    func files() -> [SourceFile]? {
        (try? read(Self.filesName, as: [SourceFile].self, limit: 256 << 20)) ?? nil
    }

    /// Where its experiences are kept.
    var experiences: ExperienceLog { ExperienceLog(directory: directory) }

    private func encoded(_ value: some Encodable) throws(ProjectError) -> [UInt8] {
        do {
            return try ContractJSON.encode(value)
        } catch {
            throw ProjectError(.storage, "the project \(path) cannot be written: \(error.message)", underlying: error)
        }
    }

    private func read<Value: Decodable>(_ name: String, as type: Value.Type, limit: Int = 4 << 20) throws(ProjectError) -> Value? {
        let place = "\(directory.path)/\(name)"
        guard let bytes = try ProjectStore.storing({ () throws(SystemError) in try directory.read(name, limit: limit) }) else { return nil }
        do {
            return try ContractJSON.decode(type, from: bytes)
        } catch {
            throw ProjectError(.corrupt, "\(place) cannot be read: \(error.message); move it away and initialize again", underlying: error)
        }
    }
}
