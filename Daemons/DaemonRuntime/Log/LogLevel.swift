/// How much a line of the log matters.
package enum LogLevel: String, Comparable, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .notice: 3
        case .warning: 4
        case .error: 5
        }
    }
}
