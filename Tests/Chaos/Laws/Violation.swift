/// A law that was broken, where, and how that shows.
struct Violation: Sendable, Hashable {
    /// As DESIGN numbers them.
    enum Law: Int, Sendable, Hashable, CaseIterable {
        case one = 1
        case heldIsAlive, readyMeansAnswered, neverTheWrongProcess, onlyTheOwner, noOrphans, stopEnds, outlivesItsStarter, useKeepsAlive
        case nothingHalfWritten, sameUser, bounded
    }

    let law: Law
    /// 0 or 1; nil: both, or none.
    var home: Int?
    /// As `kind/instance`; nil: no one daemon.
    var daemon: String?
    let text: String

    init(_ law: Law, home: Int? = nil, daemon: String? = nil, _ text: String) {
        self.law = law
        self.home = home
        self.daemon = daemon
        self.text = text
    }
}

extension Violation: CustomStringConvertible {
    var description: String {
        "law \(law.rawValue) (\(law)), home \(home.map(ChaosHome.letter) ?? "-")\(daemon.map { ", \($0)" } ?? ""): \(text)"
    }
}
