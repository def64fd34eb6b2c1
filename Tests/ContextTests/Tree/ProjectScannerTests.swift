import ContextContract
import Glibc
import Testing

@testable import Context

/// Which files belong to a project.
struct ProjectScannerTests {
    private static func names(_ home: ProjectHome) throws -> [String] {
        try ProjectScanner().scan(home.path).files.map(\.path)
    }

    @Test func gitDecidesWhatIsIgnored() async throws {
        try await ProjectHome.with { home in
            home.git("init", "-q")
            try home.write(".gitignore", "*.log\n/out/\n")
            for name in ["a.swift", "b.log", "out/c", "sub/d e.py", "sub/.gitignore", ".hidden", "-dash", "ü.md"] { try home.write(name) }
            try home.write("sub/.gitignore", "ignored\n")
            try home.write("sub/ignored")
            home.git("add", "a.swift")
            #expect(try Self.names(home) == ["-dash", ".gitignore", ".hidden", "a.swift", "sub/.gitignore", "sub/d e.py", "ü.md"])
            // Tracked and deleted: it is gone all the same.
            unlink("\(home.project)/a.swift")
            #expect(try !Self.names(home).contains("a.swift"))
        }
    }

    @Test func withoutARepositoryWhatIsHiddenIsLeftOut() async throws {
        try await ProjectHome.with { home in
            for name in ["a.swift", ".git2/x", ".hidden", "node_modules/x.js", "src/deep/er/b.c"] { try home.write(name) }
            symlink("/etc", "\(home.project)/link")
            symlink("a.swift", "\(home.project)/alias")
            mkfifo("\(home.project)/fifo", 0o600)
            #expect(try Self.names(home) == ["a.swift", "src/deep/er/b.c"])
        }
    }

    @Test func aProjectThatHasGone() async throws {
        try await ProjectHome.with { home in
            rmdir(home.project)
            #expect(await failure { _ = try ProjectScanner().scan(home.path) } == .invalidPath)
        }
    }

    @Test func onlyWhatChangedIsLookedAt() async throws {
        try await ProjectHome.with { home in
            home.git("init", "-q")
            try home.write(".gitignore", "*.log\n")
            for name in ["known", "new", "new.log", "star*", "starry"] { try home.write(name) }
            let scanner = ProjectScanner()
            let changes: [String: FileChange] = [
                "known": .modified, "new": .created, "new.log": .created, "gone": .deleted, "star*": .created,
            ]
            let found = scanner.look(at: changes, known: ["known", "gone"], in: home.path)
            #expect(Set(found.compactMap { $0.value == nil ? nil : $0.key }) == ["known", "new", "star*"])
            #expect(found.keys.contains("gone") && found["gone"] == .some(nil))
            #expect(!found.keys.contains("starry"))
        }
    }

    @Test func treesStayInOrder() {
        var tree = ProjectTree(["b", "a", "c/d"].map { SourceFile(path: $0, size: 1, modified: 1) })
        func update(_ path: String, size: Int64?) -> Bool {
            tree.update(path, size.map { SourceFile(path: path, size: $0, modified: 1) })
        }
        #expect(update("aa", size: 1))
        #expect(!update("aa", size: 1))
        #expect(update("aa", size: 2))
        #expect(update("b", size: nil))
        #expect(!update("b", size: nil))
        #expect(tree.files.map(\.path) == ["a", "aa", "c/d"])
        #expect(tree["aa"]?.size == 2 && tree["b"] == nil)
    }

    @Test func moreFilesThanAreKept() {
        let many = (0..<(ProjectTree.limit + 10)).lazy.map { SourceFile(path: "f\($0)", size: 0, modified: 0) }
        var tree = ProjectTree(many)
        #expect(tree.files.count == ProjectTree.limit && tree.isTruncated)
        let changed = tree.update("g", SourceFile(path: "g", size: 0, modified: 0))
        #expect(changed && tree.files.count == ProjectTree.limit)
    }

    @Test func languages() {
        for (name, language) in [
            ("a.swift", "Swift"), ("x/b.C", "C"), ("Makefile", "Make"), ("c.tsx", "TypeScript"), ("Dockerfile", "Dockerfile"),
            ("q.tar.py", "Python"),
        ] { #expect(Languages.language(of: name) == language) }
        for name in ["README", ".swift", "a.", "b.unknown", ""] { #expect(Languages.language(of: name) == nil) }
        let tree = ProjectTree(["a.c", "b.c", "c.py", "d"].map { SourceFile(path: $0, size: 0, modified: 0) })
        #expect(tree.languages == [.init(name: "C", files: 2), .init(name: "Python", files: 1)])
    }
}
