internal import DaemonContract
internal import EventLoop
package import Platform

/// Puts a run directory in order, as far as that is nobody else's business: unfinished starts of starters that died are resolved, corrupt
/// files are set aside. Whoever is about to start or stop something does it first, and says what was found.
public struct Upkeep: Sendable {
    private let home: RbeeHome

    /// - Parameter home: the folder that `RBEE_HOME` would name; nil follows the environment.
    public init(home: String? = nil) throws(LifecycleError) {
        self.init(home: try LifecycleContext.home(home))
    }

    package init(home: RbeeHome) {
        self.home = home
    }

    /// Resolves and sets aside.
    ///
    /// - Returns: a sentence for each thing that was found.
    public func run() throws(LifecycleError) -> [String] {
        var notices = try HandleStore(home: home).resolve().map(\.text)
        for id in try DaemonDirectory(home: home, loop: .shared).known() {
            guard let files = try DaemonFiles.open(id, home: home, create: false) else { continue }
            notices += check(files.record, DaemonRecord.self, files)
            notices += check(files.lastEnd, LastEnd.self, files)
        }
        return notices
    }

    private func check<Content: Decodable>(_ name: String, _ type: Content.Type, _ files: DaemonFiles) -> [String] {
        let path = files.path(name)
        do {
            guard let bytes = try files.directory.read(name) else { return [] }
            _ = try ContractJSON.decode(type, from: bytes)
            return []
        } catch {
            guard let aside = try? files.directory.quarantine(name) else {
                return ["\(path) is corrupt (\(error)) and could not be set aside; remove it"]
            }
            return ["\(path) was corrupt (\(error)); it was set aside as \(aside)"]
        }
    }
}
