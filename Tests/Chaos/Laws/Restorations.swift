/// Law 5: how often the daemons of a home found a file of theirs gone and made it again, as their logs tell. Where nobody touches files, nobody of
/// ours may have removed one that was another's.
struct Restorations: Sendable, Equatable {
    private let counts: [String: Int]

    init(in home: ChaosHome) {
        self.init(logs: "\(home.path)/logs")
    }

    init(logs: String) {
        var counts: [String: Int] = [:]
        for name in ChaosFile.names(in: logs) {
            let text = ChaosFile.text(of: "\(logs)/\(name)") ?? ""
            let count = text.split(separator: "\n").count { $0.contains("was missing and was made again") }
            // The daemon's own log and those that were set aside belong together.
            let daemon = name.firstRange(of: ".log").map { String(name[..<$0.lowerBound]) } ?? name
            counts[daemon, default: 0] += count
        }
        self.counts = counts.filter { $0.value > 0 }
    }

    /// What was made again since an earlier look.
    func since(_ before: Restorations) -> [String] {
        counts.filter { $0.value > before.counts[$0.key] ?? 0 }.map { "\($0.key), \($0.value - (before.counts[$0.key] ?? 0)) times" }
            .sorted()
    }
}
