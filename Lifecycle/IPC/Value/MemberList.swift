/// The members of a map while they come in: a key that stands there twice is found without comparing each with each.
struct MemberList {
    private(set) var members: [MessageValue.Member] = []
    private var keys: Set<String> = []

    /// Up to so many, looking through them is faster than a set.
    private static let few = 16

    init(reserving count: Int) {
        members.reserveCapacity(count)
    }

    mutating func append(_ key: String, _ value: MessageValue) throws(IPCError) {
        let isNew: Bool
        if members.count < Self.few {
            isNew = !members.contains { $0.key == key }
        } else {
            if keys.isEmpty { keys = Set(members.map(\.key)) }
            isNew = keys.insert(key).inserted
        }
        guard isNew else { throw IPCError(.malformed, "the key \(key.prefix(100).debugDescription) stands twice in a map of the message") }
        members.append(MessageValue.Member(key, value))
    }
}
