/// An entry that is known by an id.
protocol Identified {
    var id: String { get }
}

/// Entries by id, kept in the order of their ids: all of them, as everybody wants to see them, cost nothing to hand out.
struct SortedEntries<Entry: Identified & Hashable & Sendable>: Hashable, Sendable {
    /// All entries, sorted by id.
    private(set) var all: [Entry] = []

    var count: Int { all.count }

    /// The entry of an id. Setting nil removes it.
    subscript(id: String) -> Entry? {
        get { all.entry(id) }
        set {
            let place = all.place(of: id)
            let isThere = place < all.count && all[place].id == id
            switch (newValue, isThere) {
            case (let entry?, true): all[place] = entry
            case (let entry?, false): all.insert(entry, at: place)
            case (nil, true): all.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// Removes an entry.
    ///
    /// - Returns: whether there was one.
    mutating func remove(_ id: String) -> Bool {
        guard self[id] != nil else { return false }
        self[id] = nil
        return true
    }

    /// Removes entries, however many in one pass.
    ///
    /// - Returns: their ids, sorted.
    mutating func removeAll(where isMeant: (Entry) -> Bool) -> [String] {
        let gone = all.filter(isMeant).map(\.id)
        if !gone.isEmpty { all.removeAll(where: isMeant) }
        return gone
    }
}

extension Array where Element: Identified {
    /// The first place whose id does not come before this one.
    fileprivate func place(of id: String) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The entry of an id, in an array that is sorted by id.
    func entry(_ id: String) -> Element? {
        let place = place(of: id)
        return place < count && self[place].id == id ? self[place] : nil
    }
}
