/// Draws rounds. A round is a function of the seed and its number, so a round can be had without those before it.
struct Planner: Sendable {
    static let lanes = 8
    static let callers = 2

    let seed: UInt64

    func round(_ number: Int) -> Round {
        // A part each, so that one more command does not change what is struck.
        func part(_ index: Int) -> SeededGenerator { SeededGenerator(seed: seed, part: number * 64 + index) }
        var frame = part(0)
        let length = frame.number(in: 2500...5000)
        let lanes = (0..<Self.lanes).map { lane in
            var generator = part(8 + lane)
            return (0..<generator.number(in: 3...5)).map { _ in CommandPlanner.step(&generator) }
        }
        let callers = (0..<Self.callers).map { lane in
            var generator = part(24 + lane)
            return (0..<generator.number(in: 4...7)).map { _ in CommandPlanner.call(&generator) }
        }
        var witnessing = part(1), striking = part(2), damaging = part(3), deceiving = part(4), late = part(5)
        let damages = damages(&damaging, length)
        return Round(
            // Each home has its turn; the first storm is over the one that is not yet up.
            number: number, home: number % 2, length: length, lanes: lanes, callers: callers,
            witnesses: (0..<5).map { _ in CommandPlanner.witness(&witnessing) },
            strikes: strikes(&striking, length), damages: damages,
            // Some storms leave all files alone.
            ruses: damages.isEmpty ? [] : ruses(&deceiving, length),
            latecomers: (0..<late.number(in: 1...2)).map { _ in
                Latecomer(at: late.number(in: 0...length), pick: late.number(in: 0...999), salt: late.next())
            }, ending: Self.ending(&frame))
    }

    private static func ending(_ generator: inout SeededGenerator) -> Round.Ending {
        generator.weighted([(25, .leave), (30, .recover), (15, .down), (10, .shutdown), (20, .shutdownAndUp)])
    }

    // MARK: Blows

    private func strikes(_ generator: inout SeededGenerator, _ length: Int) -> [Strike] {
        // Some storms are mild: what goes wrong in them is not hidden by what goes wrong in the others.
        let count = generator.weighted([(15, 2), (35, 8), (35, 16), (15, 28)])
        return (0..<count).map { _ in strike(&generator, length) }.sorted { $0.at < $1.at }
    }

    private func strike(_ generator: inout SeededGenerator, _ length: Int) -> Strike {
        let roles: [Role] = generator.weighted([
            (18, [.keeper]), (10, [.queen]), (12, [.hive]), (14, [.worker]), (10, [.context]), (6, [.oddDaemon]), (5, [.engine]),
            (3, [.engineChild]),
            (5, [.guard]), (9, [.shepherd]), (6, [.launcher]),
            (3, [.worker, .guard]), (2, [.guard, .engine]), (3, [.queen, .hive]), (2, [.hive, .worker]), (2, [.keeper, .launcher]),
            (3, [.keeper, .shepherd]), (2, [.queen, .hive, .worker]), (1, [.keeper, .keeper, .queen, .hive, .worker, .guard]),
            (2, [.context, .shepherd]), (1, [.queen, .hive, .worker, .context]),
        ])
        let at = generator.number(in: 0...length)
        let pick = generator.number(in: 0...999)
        let time = generator.one(of: [generator.number(in: 5...200), generator.number(in: 200...2500)])
        var means: Strike.Means = generator.weighted([(55, .kill), (20, .terminate), (25, .suspend(time))])
        if roles == [.keeper], generator.happens(15) { means = .interrupt }
        return Strike(at: at, roles: roles, means: means, pick: pick)
    }

    private func ruses(_ generator: inout SeededGenerator, _ length: Int) -> [Ruse] {
        (0..<generator.number(in: 1...2)).map { _ in
            Ruse(
                at: generator.number(in: 0...length), manner: generator.weighted([(50, .suspended), (25, .killed), (25, .ghost)]),
                pick: generator.number(in: 0...999), knowsNonce: generator.happens(50), salt: generator.next())
        }.sorted { $0.at < $1.at }
    }

    private func damages(_ generator: inout SeededGenerator, _ length: Int) -> [Damage] {
        let count = generator.weighted([(30, 0), (30, 4), (30, 9), (10, 18)])
        return (0..<count).map { _ in
            let target: Damage.Target = generator.weighted([
                (20, .record), (22, .lock), (18, .socket), (8, .lastEnd), (14, .handle), (5, .token), (2, .engineLock), (3, .folder),
                (8, .ghost), (6, .requestSocket), (5, .manifest),
            ])
            return Damage(
                at: generator.number(in: 0...length), target: target, manner: generator.one(of: Damage.manners(of: target)),
                pick: generator.number(in: 0...999), salt: generator.next())
        }.sorted { $0.at < $1.at }
    }
}
