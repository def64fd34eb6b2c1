/// Contexts that were computed, for the next who asks. All of them are of one state of the project.
struct ContextCache: Sendable {
    struct Entry: Hashable, Sendable {
        var text: String
        var nodes: [String]
    }

    /// How many prompts are kept.
    private let capacity: Int
    private var entries: [(prompt: String?, entry: Entry)] = []

    init(capacity: Int = 8) { self.capacity = capacity }

    /// The context of a prompt; without a prompt, the one that was computed or asked for last.
    mutating func entry(for prompt: String?) -> Entry? {
        guard let index = prompt == nil ? entries.indices.last : entries.firstIndex(where: { $0.prompt == prompt }) else { return nil }
        let found = entries.remove(at: index)
        entries.append(found)
        return found.entry
    }

    mutating func keep(_ entry: Entry, for prompt: String?) {
        entries.removeAll { $0.prompt == prompt }
        entries.append((prompt, entry))
        if entries.count > capacity { entries.removeFirst() }
    }

    /// The project has changed.
    mutating func clear() { entries = [] }
}
