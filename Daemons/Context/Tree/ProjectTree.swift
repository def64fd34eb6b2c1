internal import ContextContract

/// The files of a project, in the order of their paths.
struct ProjectTree: Sendable {
    /// More than these are not kept; whoever reads is told.
    static let limit = 200_000

    private(set) var files: [SourceFile]
    /// Whether there were more.
    private(set) var isTruncated: Bool

    /// - Parameter files: in any order.
    init(_ files: some Sequence<SourceFile>, isTruncated: Bool = false) {
        let sorted = files.sorted { $0.path < $1.path }
        self.files = Array(sorted.prefix(Self.limit))
        self.isTruncated = isTruncated || sorted.count > Self.limit
    }

    /// The file at a path.
    subscript(path: String) -> SourceFile? {
        let index = position(of: path)
        return index < files.count && files[index].path == path ? files[index] : nil
    }

    /// Puts a file in its place, or takes the one at its path away.
    ///
    /// - Returns: whether that changed anything.
    mutating func update(_ path: String, _ file: SourceFile?) -> Bool {
        let index = position(of: path)
        let isThere = index < files.count && files[index].path == path
        switch (isThere, file) {
        case (true, let file?):
            guard files[index] != file else { return false }
            files[index] = file
        case (true, nil):
            files.remove(at: index)
        case (false, let file?):
            guard files.count < Self.limit else {
                isTruncated = true
                return true
            }
            files.insert(file, at: index)
        case (false, nil):
            return false
        }
        return true
    }

    /// How many files of each language, most first.
    var languages: [ProjectSummary.Language] {
        var counts: [String: Int] = [:]
        for file in files { if let language = file.language { counts[language, default: 0] += 1 } }
        return counts.map { ProjectSummary.Language(name: $0.key, files: $0.value) }
            .sorted { ($1.files, $0.name) < ($0.files, $1.name) }
    }

    /// The first place whose path is not before `path`.
    private func position(of path: String) -> Int {
        var low = 0, high = files.count
        while low < high {
            let middle = (low + high) / 2
            if files[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
