import ContextContract
import Glibc
import Platform
import Testing

@testable import Context

/// What is kept of projects.
struct ProjectStoreTests {
    @Test func everyWayToWriteAPathLeadsToOneProject() async throws {
        try await ProjectHome.with { home in
            symlink(home.project, "\(home.root)/link")
            try home.write("sub/x")
            let paths = [home.project, "\(home.project)/", "\(home.root)/link", "\(home.project)/sub/..", "\(home.root)/./project//"]
            let resolved = try paths.map { try ProjectPath(resolving: $0) }
            #expect(Set(resolved).count == 1)
            #expect(Set(resolved.map { ProjectID(of: $0) }).count == 1)
            #expect(ProjectID(of: ProjectPath(stored: "/a")).text == "6a50dc8584134c7de537c0052ff6d236")
        }
    }

    @Test(arguments: ["", "relative", "/nowhere/at/all", "/etc/passwd", "/a\u{0}b", String(repeating: "/x", count: 5_000)])
    func whatLeadsToNoProject(_ path: String) async {
        #expect(await failure { _ = try ProjectPath(resolving: path) } == .invalidPath)
    }

    /// What the kernel tells of a path without blocking. Somebody who renames something just now may keep it from telling, so it is asked again.
    private func cached(_ path: String) -> ProjectPath? {
        (0..<1000).lazy.compactMap { _ in ProjectPath(cached: path) }.first
    }

    @Test func aPathThatTheKernelKnowsLeadsWhereResolvingItLeads() async throws {
        try await ProjectHome.with { home in
            mkdir("\(home.project)/sub", 0o700)
            symlink(home.project, "\(home.root)/link")
            symlink("link/sub", "\(home.root)/indirect")
            for path in ["project", "project/", "project/sub/..", "./project//sub", "link", "indirect", "link/sub/../../project"] {
                let path = "\(home.root)/\(path)"
                let resolved = try ProjectPath(resolving: path)
                #expect(cached(path) == resolved)
            }
        }
    }

    @Test func whatIsNoFolderIsNotToldWithoutBlocking() async throws {
        try await ProjectHome.with { home in
            try home.write("file")
            symlink("gone", "\(home.root)/dangling")
            symlink("loop", "\(home.root)/loop")
            for path in ["\(home.project)/file", "\(home.root)/absent", "\(home.root)/dangling", "\(home.root)/loop", "project", ""] {
                #expect(ProjectPath(cached: path) == nil)
            }
            mkdir("\(home.root)/removed", 0o700)
            #expect(cached("\(home.root)/removed") != nil)
            rmdir("\(home.root)/removed")
            #expect(ProjectPath(cached: "\(home.root)/removed") == nil)
        }
    }

    @Test func pathsWithinAProject() {
        let path = ProjectPath(stored: "/p")
        #expect(path.relative("a/./b") == "a/b")
        #expect(path.relative("/p/a/../b") == "b")
        for outside in ["../a", "/q/a", "/p", "a/../..", "", "/pq/a", "a\u{0}"] { #expect(path.relative(outside) == nil, "\(outside)") }
    }

    @Test func oneOfManyThatCreateAtOnceWins() async throws {
        try await ProjectHome.with { home in
            let store = try home.store(), path = home.path
            symlink(home.project, "\(home.root)/link")
            let alias = try ProjectPath(resolving: "\(home.root)/link")
            let wins = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask { await failure { _ = try store.create(number % 2 == 0 ? path : alias, at: Int64(number)) } == nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wins == 1)
            #expect(await failure { _ = try store.create(path, at: 0) } == .alreadyInitialized)
        }
    }

    @Test func whatIsSavedIsLoaded() async throws {
        try await ProjectHome.with { home in
            let folder = try home.store().create(home.path, at: 5)
            var manifest = try #require(try folder.manifest())
            #expect(manifest.createdAt == 5 && manifest.lastScan == nil)
            manifest.fileCount = 2
            let files = [SourceFile(path: "a", size: 1, modified: 2), SourceFile(path: "b/ü", size: 3, modified: 4)]
            try folder.save(manifest, files)
            let again = try #require(try home.store().folder(of: home.path))
            #expect(try again.manifest() == manifest)
            #expect(again.files() == files)
            #expect(try home.store().summary(of: home.path)?.fileCount == 2)
        }
    }

    @Test(arguments: ["", "{", "[]", "{\"version\":1}", "\u{0}", #"{"version":"one","project_path":"/p","created_at":1}"#])
    func aCorruptManifestIsNamedAndNeverOverwritten(_ text: String) async throws {
        try await ProjectHome.with { home in
            let store = try home.store()
            let folder = try store.create(home.path, at: 1)
            let file = "\(folder.directory.path)/manifest.json"
            try AtomicFile.write(file, Array(text.utf8))
            for attempt in 0..<2 {
                do throws(ProjectError) {
                    if attempt == 0 { _ = try store.summary(of: home.path) } else { _ = try store.create(home.path, at: 2) }
                    Issue.record("a corrupt manifest was taken")
                } catch {
                    #expect(error.code == .corrupt && error.message.contains(file), "\(error)")
                }
            }
            #expect(try AtomicFile.read(file) == Array(text.utf8))
        }
    }

    @Test func anotherProjectsManifestUnderOurIdIsACollisionThatIsSaid() async throws {
        try await ProjectHome.with { home in
            let store = try home.store()
            let folder = try store.create(home.path, at: 1)
            try folder.save(ProjectManifest(projectPath: "/elsewhere", createdAt: 1), [])
            #expect(await failure { _ = try store.summary(of: home.path) } == .corrupt)
            #expect(await failure { _ = try store.create(home.path, at: 2) } == .corrupt)
        }
    }

    @Test func aDataDirectoryThatCannotBeUsed() async throws {
        try await ProjectHome.with { home in
            try home.write("file")
            #expect(await failure { _ = try ProjectStore(directory: "\(home.project)/file") } == .storage)
            chmod(home.data, 0o777)
            #expect(await failure { _ = try ProjectStore(directory: home.data) } == .storage)
        }
    }

    @Test func aMissingFileListIsNoError() async throws {
        try await ProjectHome.with { home in
            let folder = try home.store().create(home.path, at: 1)
            #expect(folder.files() == nil)
            try AtomicFile.write("\(folder.directory.path)/files.json", Array("garbage".utf8))
            #expect(folder.files() == nil)
        }
    }
}
