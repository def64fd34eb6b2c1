import Glibc

/// Chooses whom a blow hits: by role, from those that carry the home of the storm, and never a bystander.
struct Hunter: Sendable {
    let run: ChaosRun
    let home: ChaosHome

    /// How often it is looked for those that live for milliseconds only.
    private static let looks = 60

    /// Blocks for up to half a second where a victim has to be lain in wait for.
    func victims(of strike: Strike) -> [Victim] {
        let waits = strike.roles.contains(where: \.isBrief)
        for look in 0..<(waits ? Self.looks : 1) {
            if look > 0 { usleep(5000) }  // a look at /proc is no event that could be waited for
            if run.isEnding { return [] }
            let victims = choose(strike)
            if !victims.isEmpty { return victims }
        }
        return []
    }

    private func choose(_ strike: Strike) -> [Victim] {
        let processes = run.reader.processes().filter { $0.home == home.index }
        run.overlaps.saw(processes)
        var chosen: [SeenProcess] = []
        for role in strike.roles {
            var candidates = processes.filter { $0.role == role && !chosen.contains($0) }
            // A tree's own: a worker with its guard, a keeper with the launcher that it has started.
            if let first = chosen.first {
                let kin = candidates.filter {
                    $0.nonce != nil && $0.nonce == first.nonce || $0.parent == first.pid || $0.pid == first.parent
                }
                if !kin.isEmpty { candidates = kin }
            }
            guard !candidates.isEmpty else {
                // Whoever lives for milliseconds is met together with the others, or not at all.
                if role.isBrief { return [] }
                continue
            }
            chosen.append(candidates[strike.pick % candidates.count])
        }
        return chosen.compactMap { Victim($0, reader: run.reader) }
    }
}
