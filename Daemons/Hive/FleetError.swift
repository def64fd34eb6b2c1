/// Why a worker cannot be had.
package enum FleetError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownModel(String, known: [String])
    case tooMany(String, Int)
    case badDuration(Double)

    package var description: String {
        switch self {
        case .unknownModel(let model, let known):
            "no model \"\(model)\": this hive can serve \(known.joined(separator: ", ")); add it to `models:` in the configuration"
        case .tooMany(let model, let most):
            "\(most) workers of \(model) run already; stop one with: rbee-keeper worker stop NAME"
        case .badDuration(let seconds):
            "\(seconds) is no time to live: expected seconds from 0 (never expires) on"
        }
    }
}
