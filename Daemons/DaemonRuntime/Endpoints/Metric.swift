/// One figure for Prometheus.
package struct Metric: Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
    }

    /// Its name: `rbee_requests_total`.
    package var name: String
    package var kind: Kind
    /// What it is, in one line.
    package var help: String
    package var value: Double
    /// What it belongs to: name and value of each label.
    package var labels: [(name: String, value: String)]

    package init(_ name: String, _ kind: Kind, _ help: String, _ value: Double, labels: [(name: String, value: String)] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.value = value
        self.labels = labels
    }

    package static func == (left: Metric, right: Metric) -> Bool {
        left.name == right.name && left.kind == right.kind && left.help == right.help && left.value == right.value
            && left.labels.elementsEqual(right.labels) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(value)
    }

    /// The figures in Prometheus' text format 0.0.4; those of one name stand together.
    package static func text(_ metrics: [Metric]) -> String {
        var groups: [(name: String, metrics: [Metric])] = []
        for metric in metrics {
            if let index = groups.firstIndex(where: { $0.name == metric.name }) {
                groups[index].metrics.append(metric)
            } else {
                groups.append((metric.name, [metric]))
            }
        }
        return groups.map { group in
            let head = group.metrics[0]
            return "# HELP \(head.name) \(escaped(head.help, quotes: false))\n# TYPE \(head.name) \(head.kind.rawValue)\n"
                + group.metrics.map(line).joined()
        }.joined()
    }

    private static func line(_ metric: Metric) -> String {
        let labels = metric.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        return "\(metric.name)\(labels.isEmpty ? "" : "{\(labels)}") \(number(metric.value))\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
