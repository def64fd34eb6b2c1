/// A project's folders and files as a tree of text.
enum Skeleton {
    /// More files than these in one folder are only counted.
    static let filesPerFolder = 40

    /// The lines, without line ends. What is in focus is marked, and never only counted.
    static func lines(of tree: ProjectTree, focus: Set<String>) -> [String] {
        var root = Folder()
        for file in tree.files { root.insert(file.path.split(separator: "/")[...], file.path) }
        var lines: [String] = []
        root.write("", focus, &lines)
        if tree.isTruncated { lines.append("… and more files than are kept (\(ProjectTree.limit))") }
        return lines
    }

    private struct Folder {
        var folders: [Substring: Folder] = [:]
        var files: [(name: Substring, path: String)] = []

        mutating func insert(_ parts: ArraySlice<Substring>, _ path: String) {
            guard let first = parts.first else { return }
            if parts.count == 1 {
                files.append((first, path))
            } else {
                folders[first, default: Folder()].insert(parts.dropFirst(), path)
            }
        }

        func write(_ indent: String, _ focus: Set<String>, _ lines: inout [String]) {
            for (name, folder) in folders.sorted(by: { $0.key < $1.key }) {
                lines.append("\(indent)\(name)/")
                folder.write(indent + "  ", focus, &lines)
            }
            var hidden = 0
            for (index, file) in files.enumerated() {
                let isFocus = focus.contains(file.path)
                if index < Skeleton.filesPerFolder || isFocus {
                    lines.append("\(indent)\(file.name)\(isFocus ? " ← (focus)" : "")")
                } else {
                    hidden += 1
                }
            }
            if hidden > 0 { lines.append("\(indent)… \(hidden) more files") }
        }
    }
}
