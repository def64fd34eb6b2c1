/// Which files a prompt is about: those it names, else those that changed last.
enum FocusPicker {
    /// At most so many.
    static let count = 5

    /// The paths of the files, the likeliest first.
    static func pick(_ prompt: String?, in tree: ProjectTree) -> [String] {
        let named = names(in: prompt ?? "")
        guard !named.isEmpty else { return newest(in: tree) }
        var scores: [(path: String, score: Int)] = []
        for file in tree.files {
            let score = named.reduce(0) { max($0, match(file.path, $1)) }
            if score > 0 { scores.append((file.path, score)) }
        }
        let best = scores.sorted { ($1.score, $0.path.count, $0.path) < ($0.score, $1.path.count, $1.path) }.prefix(count).map(\.path)
        return best.isEmpty ? newest(in: tree) : best
    }

    private static func newest(in tree: ProjectTree) -> [String] {
        tree.files.filter { $0.language != nil }.sorted { ($1.modified, $0.path) < ($0.modified, $1.path) }.prefix(count).map(\.path)
    }

    /// What a prompt names: what stands in quotes or backticks, what looks like a path or a file, words with a capital within or at their head.
    static func names(in prompt: String) -> [String] {
        var names: [String] = []
        let isWord = { (character: Character) in character.isLetter || character.isNumber || "_-./".contains(character) }
        for quote: Character in ["`", "\"", "'"] {
            let parts = prompt.split(separator: quote, omittingEmptySubsequences: false)
            for index in stride(from: 1, to: parts.count - 1, by: 2) where parts[index].allSatisfy(isWord) {
                names.append(String(parts[index]))
            }
        }
        for (index, word) in prompt.split(whereSeparator: { !isWord($0) }).enumerated() {
            let word = word.trimmingPrefix(while: { $0 == "." || $0 == "/" || $0 == "-" })
            let text = String(word.hasSuffix(".") ? word.dropLast() : word)
            let hasInnerCapital = text.dropFirst().contains(where: \.isUppercase)
            let isName = text.contains("/") || text.dropFirst().contains(".") || text.contains("_") || hasInnerCapital
            if isName || ((index > 0 || prompt.count == text.count) && text.first?.isUppercase == true && text.count > 2) {
                names.append(text)
            }
        }
        return names.filter { $0.count > 1 }
    }

    /// How well a path fits a name: 4 the path itself, 3 its end, 2 the file's name, 1 within the file's name.
    private static func match(_ path: String, _ name: String) -> Int {
        if path == name { return 4 }
        if path.hasSuffix("/" + name) { return 3 }
        let file = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        let wanted = name.lowercased()
        if file == wanted || file.hasPrefix(wanted + ".") { return 2 }
        return wanted.count > 3 && file.contains(wanted) ? 1 : 0
    }
}
