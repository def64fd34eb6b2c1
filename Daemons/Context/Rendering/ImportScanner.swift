/// Finds which files of its project a file names as what it needs. A look at its lines, not a parser: what cannot be told is left out.
enum ImportScanner {
    /// The files of `tree` that the text of the file at `path` imports, without itself, in the order of their mention.
    static func imports(of path: String, text: Substring, in tree: ProjectTree) -> [String] {
        var found: [String] = []
        for line in text.split(whereSeparator: \.isNewline).prefix(2_000) {
            for candidate in candidates(line, from: path) where candidate != path && !found.contains(candidate) && tree[candidate] != nil {
                found.append(candidate)
                break
            }
        }
        return found
    }

    /// The paths that a line may mean, likeliest first.
    private static func candidates(_ line: Substring, from path: String) -> [String] {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard let first = words.first else { return [] }
        switch path.split(separator: ".").last.map(String.init) ?? "" {
        case "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "m", "mm":
            guard first.hasPrefix("#include") || first.hasPrefix("#import"), let name = quoted(line) else { return [] }
            return [beside(path, name), resolved(name)].compactMap { $0 } + ["include", "src"].map { "\($0)/\(name)" }
        case "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "vue", "svelte":
            guard line.contains("import") || line.contains("require(") || line.contains(" from "), let name = quoted(line),
                name.hasPrefix(".")
            else { return [] }
            guard let base = beside(path, name) else { return [] }
            return [base] + ["ts", "tsx", "js", "jsx", "mjs", "vue", "svelte"].flatMap { ["\(base).\($0)", "\(base)/index.\($0)"] }
        case "py", "pyi":
            guard first == "import" || first == "from", words.count > 1 else { return [] }
            return python(words[1], from: path)
        case "rs":
            guard first == "mod" || (first == "pub" && words.dropFirst().first == "mod"), let name = words.last(where: { $0 != "{" }) else {
                return []
            }
            let module = name.filter { $0.isLetter || $0.isNumber || $0 == "_" }
            return ["\(module).rs", "\(module)/mod.rs"].compactMap { beside(path, $0) }
        default: return []
        }
    }

    private static func python(_ name: Substring, from path: String) -> [String] {
        let dots = name.prefix { $0 == "." }.count
        let module = name.dropFirst(dots).filter { $0 != "," }.split(separator: ".").joined(separator: "/")
        let base: String? = dots == 0 ? module : beside(path, String(repeating: "../", count: dots - 1) + module)
        guard let base, !base.isEmpty else { return [] }
        return ["\(base).py", "\(base)/__init__.py", "src/\(base).py"]
    }

    /// What stands between the first pair of quotes.
    private static func quoted(_ line: Substring) -> String? {
        guard let open = line.firstIndex(where: { $0 == "\"" || $0 == "'" }) else { return nil }
        let rest = line[line.index(after: open)...]
        return rest.firstIndex(of: line[open]).map { String(rest[..<$0]) }
    }

    /// A name relative to a file's folder, as relative to the project.
    private static func beside(_ path: String, _ name: String) -> String? {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) + "/" } ?? ""
        return resolved(folder + name)
    }

    private static func resolved(_ path: String) -> String? {
        ProjectPath(stored: "").relative(path)
    }
}
