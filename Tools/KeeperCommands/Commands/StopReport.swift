internal import DaemonContract
internal import DaemonLifecycle

/// What one or several stops did.
///
/// JSON: `{"stopped":[StopReceipt…],"left":[row…]}`; `left` are the daemons that still run, because somebody else owns them.
struct StopReport: Report {
    let stopped: [StopReceipt]
    var left: [DaemonStatusRow] = []
    /// What ended with its owner: for people only, programs see it in `status`.
    var along: [DaemonStatusRow] = []

    private enum CodingKeys: String, CodingKey {
        case stopped, left
    }

    func lines(_ style: Style) -> [String] {
        guard !stopped.isEmpty else { return ["nothing to stop"] }
        return stopped.map { receipt in
            guard receipt.wasRunning else { return "\(receipt.daemon) was not running" }
            var line = "\(receipt.daemon) \(style.paint("stopped", .good)) in \(HumanTime.elapsed(.milliseconds(receipt.milliseconds)))"
            if let last = receipt.rungs.last, last.step != "shutdown" { line += " (took \(last.step))" }
            if receipt.processes.count > 1 { line += ", \(receipt.processes.count) processes gone" }
            return SafeText.line(line)
        } + along.map { SafeText.line("\($0.name) stopped with \($0.owner ?? "its owner")") }
    }
}
