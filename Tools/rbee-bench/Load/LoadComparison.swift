internal import BenchReport

/// The same load on the floor and on the subject in turns: how many requests they answer, and how long each takes.
struct LoadComparison<Reader: AnswerReader> {
    let benchmark: String
    let name: String
    let request: [UInt8]
    let connections: Int
    let depth: Int
    let cores: Int

    /// Two rows, rate and latency.
    func rows(floor: Connection.Address?, subject: Connection.Address, pace: Pace) throws -> [Row] {
        let raw = try floor.map { try ClosedLoop<Reader>($0, request, connections: connections, depth: depth) }
        let ours = try ClosedLoop<Reader>(subject, request, connections: connections, depth: depth)
        let requests = max(1_000, connections * depth * 4)
        var (floorRates, floorTimes, rates, times) = (Samples(), Samples(), Samples(), Samples())
        _ = try (raw?.run(requests: requests), ours.run(requests: requests))
        for _ in 0..<pace.rounds(20, quick: 10) {
            if let round = try raw?.run(requests: requests) {
                floorRates.add(round.rate)
                floorTimes.add(contentsOf: round.latencies)
            }
            let round = try ours.run(requests: requests)
            rates.add(round.rate)
            times.add(contentsOf: round.latencies)
        }
        var parameters = ["cores": cores, "connections": connections]
        if depth > 1 { parameters["pipelined"] = depth }
        return [
            Row(
                benchmark, "\(name), answered a second", parameters, unit: .perSecond, floor: raw == nil ? nil : floorRates, subject: rates),
            Row(
                benchmark, "\(name), under load", parameters, unit: .microseconds, floor: raw == nil ? nil : floorTimes, subject: times),
        ]
    }
}
