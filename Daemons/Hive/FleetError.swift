/// Why a worker cannot be had.
package enum FleetError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownModel(String, known: [String])
    case tooMany(String, Int)
    case badDuration(Double)
    case badEngine(String)
    /// The model is configured for another device than was asked for.
    case otherDevice(model: String, configured: String, asked: String)
    /// A worker of that name serves another model.
    case otherModel(worker: String, serves: String, asked: String)
    /// No such plain program, or one whose configuration is wrong.
    case unknownProcess(String, fault: String?, known: [String])
    /// The configuration cannot be read.
    case badConfiguration(String)

    package var description: String {
        switch self {
        case .unknownModel(let model, let known):
            "no model \"\(model)\": this hive can serve \(known.joined(separator: ", ")); add it to `models:` in the configuration"
        case .tooMany(let model, let most):
            "\(most) workers of \(model) run already; stop one with: rbee-keeper worker stop NAME"
        case .badDuration(let seconds):
            "\(seconds) is no time to live: expected seconds from 0 (never expires) on"
        case .badEngine(let engine):
            "\"\(engine)\" is no engine: expected builtin or command"
        case .otherDevice(let model, let configured, let asked):
            "the model \(model) is configured for the device \(configured), not \(asked); see: rbee-keeper config get models"
        case .otherModel(let worker, let serves, let asked):
            "worker \(worker) serves the model \(serves), not \(asked); choose another name for a worker of \(asked)"
        case .unknownProcess(_, let fault?, _):
            fault
        case .unknownProcess(let name, nil, let known):
            "no process \"\(name)\"\(known.isEmpty ? "" : ": this hive has \(known.joined(separator: ", "))"); add it to `processes:` in the configuration"
        case .badConfiguration(let problem):
            "the configuration cannot be read, and nothing was changed: \(problem)"
        }
    }
}
