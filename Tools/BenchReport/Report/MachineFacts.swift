/// What was measured on, and how busy it was with other things.
package struct MachineFacts: Codable, Hashable, Sendable {
    package var model: String
    package var cores: Int
    package var kernel: String
    /// The load averages of one, five and fifteen minutes before the first measurement.
    package var loadBefore: [Double]
    /// And after the last.
    package var loadAfter: [Double]

    package init(model: String, cores: Int, kernel: String, loadBefore: [Double], loadAfter: [Double] = []) {
        self.model = model
        self.cores = cores
        self.kernel = kernel
        self.loadBefore = loadBefore
        self.loadAfter = loadAfter
    }

    private enum CodingKeys: String, CodingKey {
        case model, cores, kernel
        case loadBefore = "load_before"
        case loadAfter = "load_after"
    }

    /// Whether something else ran when it began: a run of its own needs a while to show in the average of a minute.
    package var wasBusy: Bool { (loadBefore.first ?? 0) > 0.3 * Double(max(1, cores)) }

    /// The processor's name out of `/proc/cpuinfo`.
    package static func model(cpuinfo text: String) -> String {
        for line in text.split(separator: "\n") where line.hasPrefix("model name") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return "unknown"
    }

    /// The three averages at the beginning of `/proc/loadavg`.
    package static func load(loadavg text: String) -> [Double] {
        text.split(separator: " ").prefix(3).compactMap { Double($0) }
    }
}
