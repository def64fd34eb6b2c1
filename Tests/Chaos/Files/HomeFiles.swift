/// Which files of a home are what.
struct HomeFiles: Sendable {
    static let kinds = ["queen", "hive", "worker", "context"]

    private static let requestEnding = ".ipc.sock"

    let home: ChaosHome

    struct Entry: Sendable, Hashable {
        let path: String
        let kind: String
        let instance: String

        var daemon: String { "\(kind)/\(instance)" }
    }

    func locks() -> [Entry] { entries(".lock") }
    /// The control sockets.
    func sockets() -> [Entry] { entries(".sock").filter { !$0.path.hasSuffix(Self.requestEnding) } }
    /// The sockets that the context daemon takes framed requests on.
    func requestSockets() -> [Entry] { entries(Self.requestEnding) }
    func lastEnds() -> [Entry] { entries(".last.json") }
    func records() -> [Entry] { entries(".json").filter { !$0.path.hasSuffix(".last.json") } }
    func outputs() -> [Entry] { entries(".out") }

    private func entries(_ ending: String) -> [Entry] {
        Self.kinds.flatMap { kind in
            let folder = home.folder(of: kind)
            return ChaosFile.names(in: folder).filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.map {
                Entry(path: "\(folder)/\($0)", kind: kind, instance: String($0.dropLast(ending.count)))
            }
        }
    }

    /// What the context daemon keeps of projects: `data/context/projects/<id>/manifest.json`.
    func manifests() -> [Entry] {
        let projects = "\(home.path)/data/context/projects"
        return ChaosFile.names(in: projects).map { Entry(path: "\(projects)/\($0)/manifest.json", kind: "context", instance: "default") }
            .filter { ChaosFile.about($0.path) != nil }
    }

    /// `run/handles/<kind>-<instance>.<owner>.json`.
    func handles() -> [Entry] {
        let folder = home.folder(of: "handles")
        return ChaosFile.names(in: folder).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.compactMap { name in
            guard let dash = name.firstIndex(of: "-"), let point = name[dash...].firstIndex(of: ".") else { return nil }
            return Entry(path: "\(folder)/\(name)", kind: String(name[..<dash]), instance: String(name[name.index(after: dash)..<point]))
        }
    }
}
