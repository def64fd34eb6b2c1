@testable import DaemonLifecycle

/// What the moves of the world do.
extension EnsureWorld {
    func take(_ step: Step, in state: inout State) -> String? {
        let law = perform(step, &state)
        simplify(&state)
        return law
    }

    /// Forgets what nobody can see any more, and who is who: fewer states to look at.
    private func simplify(_ state: inout State) {
        let latest = Kernel.bit(state.kernel.lives)
        var known = latest
        for index in state.starters.indices {
            if state.starters[index].own != 0 { known |= Kernel.bit(state.starters[index].own) }
            state.starters[index].forget(but: latest)
        }
        state.kernel.forgetAll(but: known)
        if state.starters.count > 1 { state.starters.sort() }
    }

    private func perform(_ step: Step, _ state: inout State) -> String? {
        switch step {
        case .starter(let index, let move):
            return act(move, &state.starters[index], &state.kernel)
        case .stopper(let index, let move):
            let result = go(on: &state.stoppers[index], move, graceful, &state.kernel)
            // What somebody wants stopped is no failure, and what a stop removes nobody can know.
            if state.stoppers[index].target != 0 { state.kernel.excused |= Kernel.bit(state.stoppers[index].target) }
            if result != nil || state.stoppers[index].stage == .sweep { state.kernel.excused = (2 << state.kernel.lives) - 1 }
            if case .failed? = result { return "a stop did not end its daemon" }
            return nil
        case .daemon(let move):
            act(move, &state.kernel)
            if setting.isCoarse, move == .runs { act(.starts, &state.kernel) }
            if setting.isCoarse, move == .takesLeave { act(.ends, &state.kernel) }
        case .shepherdRecords: state.kernel.shepherdRecords()
        case .killStarter(let index):
            state.kills -= 1
            let starter = state.starters[index]
            if starter.own != 0 {
                state.kernel.excused |= Kernel.bit(starter.own)
                letGo(starter.own, &state.kernel)
            }
            if starter.stop.stage == .sweep { state.kernel.isSwept = false }
            state.starters[index] = over()
        case .killShepherd:
            state.kills -= 1
            state.kernel.excused |= Kernel.bit(state.kernel.life)
            state.kernel.shepherdGoes()
        case .killDaemon:
            state.kills -= 1
            state.kernel.dies(.failure)
        }
        return nil
    }

    private func over() -> Starter { Starter(wish: .init(deed: .started)) }

    /// The input of a shepherd ends: it leaves, unless it has an end to write down.
    private func letGo(_ life: UInt8, _ kernel: inout Kernel) {
        guard kernel.life == life, kernel.phase != .dead else { return }
        kernel.hasShepherd = false
    }

    private func act(_ move: DaemonMove, _ kernel: inout Kernel) {
        switch move {
        case .runs: kernel.becomes(.booting)
        case .cannotRun:
            kernel.line = kernel.life
            kernel.unborn |= Kernel.bit(kernel.life)
            kernel.dies(.failure)
        case .starts: kernel.becomes(.starting)
        case .isReady: kernel.becomes(.ready)
        case .fails: kernel.dies(.failure)
        case .drains: kernel.becomes(.draining)
        case .takesLeave: kernel.takesLeave(saysSo: !wrong.contains(.goesWithoutAWord))
        case .ends: kernel.dies(.onPurpose)
        }
    }

    // MARK: A starter

    private func act(_ move: Move, _ starter: inout Starter, _ kernel: inout Kernel) -> String? {
        switch move {
        case .begin:
            starter.before = kernel.life == 0 ? Kernel.bit(kernel.lives) : 0
            return tell(.begin, &starter, &kernel)
        case .probe: return probe(&starter, &kernel)
        case .readAfter:
            starter.hasLooked = true
            if starter.stage == 2 { return tell(.held(by: kernel.line, ended(kernel)), &starter, &kernel) }
            if wrong.contains(.readsTheLineTooLate) { starter.signature = kernel.line }
            // Who has signed since then makes it history, or news that the launch will be lost to.
            let isKnown = starter.signature == kernel.last && !wrong.contains(.startsAgain)
            return tell(.free(isKnown ? ended(kernel) : .init()), &starter, &kernel)
        case .answer:
            if starter.wish.deed == .ask, kernel.phase == .starting { starter.sawStarting |= Kernel.bit(kernel.life) }
            return tell(.answered(kernel.life, kernel.phase, isOurs: kernel.life == starter.own), &starter, &kernel)
        case .silence:
            let silence = starter.wish.deed == .ask ? silence(of: starter.wish.life, kernel) : .starting
            let isStarting = silence == .starting || silence == .unwritten
            let hasServed = kernel.ready & Kernel.bit(starter.wish.life) != 0
            if starter.wish.deed == .ask, isStarting, !hasServed, kernel.isLeft(starter.wish.life) {
                starter.sawStarting |= Kernel.bit(starter.wish.life)
            }
            return tell(.silent(silence), &starter, &kernel)
        case .poll:
            let hasEnded = starter.wish.deed == .wait && starter.wish.life != 0 && !kernel.isAlive(starter.wish.life)
            if let law = tell(hasEnded ? .holderEnded : .pollDue, &starter, &kernel) { return law }
            return setting.isCoarse && starter.wish.deed == .look ? probe(&starter, &kernel) : nil
        case .deadline:
            if starter.wasLateBefore { return "a child is given up that never had time of its own" }
            return tell(.deadlineReached, &starter, &kernel)
        case .takeLock: return takeLock(&starter, &kernel)
        case .takeLockLate:
            starter.wasLateBefore = true
            return takeLock(&starter, &kernel)
        case .hearPid: return tell(.launched(starter.own), &starter, &kernel)
        case .hearFault: return tell(.launchFailed, &starter, &kernel)
        case .hearReady:
            starter.heardReady = true
            return tell(.saidReady, &starter, &kernel)
        case .hearEnd:
            let end: Kernel.End = kernel.reportedOnPurpose & Kernel.bit(starter.own) != 0 ? .onPurpose : .failure
            return tell(.childEnded(starter.own, end), &starter, &kernel)
        case .missShepherd: return tell(.childEnded(starter.own, .failure), &starter, &kernel)
        default: return stop(move, &starter, &kernel)
        }
    }

    private func ended(_ kernel: Kernel) -> Kernel.LastEnd {
        let ended = kernel.ended
        return !ended.isCertain && wrong.contains(.takesStatus0ForServed) ? .init() : ended
    }

    private func probe(_ starter: inout Starter, _ kernel: inout Kernel) -> String? {
        if !starter.hasLooked, kernel.life == 0 { starter.over = Kernel.bit(kernel.lives) }
        if kernel.isLockFree {
            starter.stage = 1
            return setting.isCoarse ? act(.readAfter, &starter, &kernel) : nil
        }
        if wrong.contains(.readsTheEndTooLate), !starter.hasLooked {
            starter.stage = 2
            return nil
        }
        starter.hasLooked = true
        return tell(.held(by: kernel.line, starter.seen), &starter, &kernel)
    }

    /// By its record, which counts if it is the holder's.
    private func silence(of holder: UInt8, _ kernel: Kernel) -> Silence {
        guard !kernel.isLockFree, kernel.line == holder, kernel.record == holder else { return .unwritten }
        return kernel.recordPhase == .ready ? .ready : kernel.recordPhase == .draining ? .draining : .starting
    }

    private func takeLock(_ starter: inout Starter, _ kernel: inout Kernel) -> String? {
        let (latest, end) = (kernel.lives, kernel.end)
        // Somebody may have come and gone since it looked.
        let isNews = starter.signature != kernel.line && !wrong.contains(.launchesOnOldNews)
        guard !isNews || !kernel.isLockFree, kernel.takeLock() else { return tell(.launchLost, &starter, &kernel) }
        starter.own = kernel.life
        starter.stage = 1
        let hasFailed = latest != 0 && kernel.blamed & ~kernel.excused & Kernel.bit(latest) != 0
        let known = end == .failure ? ~starter.over : starter.sawStarting
        if hasFailed, known & Kernel.bit(latest) != 0 { return "started again what had failed for all who waited for life \(latest)" }
        return nil
    }

    private func tell(_ news: EnsureDialogue.News, _ starter: inout Starter, _ kernel: inout Kernel) -> String? {
        starter.wish = ensure.tell(news, to: &starter.machine)
        starter.stage = 0
        starter.stop = .init()
        switch starter.wish.deed {
        case .look:
            // Before the lock: how the last one ended, which counts at the first look only, and who has signed.
            starter.seen = starter.hasLooked || wrong.contains(.readsTheEndTooLate) ? .init() : ended(kernel)
            starter.signature = kernel.line
        case .stopChild, .stopHolder:
            let isChild = starter.wish.deed == .stopChild
            starter.stop = .init(
                stage: .identify, machine: (isChild ? signals : graceful).first,
                wanted: wrong.contains(.stopsWhoeverHolds) ? 0 : starter.wish.life,
                keepsEnd: isChild)
        default: break
        }
        guard starter.wish.isOver else { return nil }
        return finish(&starter, &kernel)
    }

    private func finish(_ starter: inout Starter, _ kernel: inout Kernel) -> String? {
        let (wish, own) = (starter.wish, starter.own)
        let before = starter.before
        let sawItStart = starter.sawStarting & Kernel.bit(wish.life) != 0
        let endedWell = kernel.last == wish.life && kernel.lastEnd == .onPurpose && kernel.ready & Kernel.bit(wish.life) != 0
        starter = over()
        if own != 0, kernel.isAlive(own), wish.deed != .started, kernel.excused & Kernel.bit(own) == 0 {
            return "an error was returned beside a living child"
        }
        if !setting.keepsShepherds || wish.deed != .started { letGo(own, &kernel) }
        switch wish.deed {
        case .started where wish.life != own || kernel.ready & Kernel.bit(own) == 0: return "a daemon was handed over that was not ready"
        case .alreadyRunning where kernel.ready & Kernel.bit(wish.life) == 0: return "a daemon was found that was not ready"
        case .alreadyRunning where wish.life <= setting.oldVersion && setting.wish.version != nil: return "another version was handed over"
        case .sharedFailure where before & Kernel.bit(wish.life) != 0: return "a failure from before its time was returned"
        case .sharedFailure where wish.life != own && endedWell && !sawItStart:
            return "the end of a daemon that had served was returned as a failed start"
        case .foreign: return "a stranger was reported where there is none"
        case .unexpected: return "the machine left its protocol"
        default: return nil
        }
    }

    // MARK: A stop of a starter

    private func stop(_ move: Move, _ starter: inout Starter, _ kernel: inout Kernel) -> String? {
        let isChild = starter.wish.deed == .stopChild
        let result = go(on: &starter.stop, move, isChild ? signals : graceful, &kernel)
        let target = starter.stop.target
        if target != 0, target != starter.wish.life, kernel.isAlive(target) {
            return "life \(target) is being stopped in the place of life \(starter.wish.life)"
        }
        switch result {
        case nil: return nil
        case .done: return tell(.stopped, &starter, &kernel)
        case .failed: return tell(.stopFailed, &starter, &kernel)
        }
    }
}

extension EnsureWorld.Starter: Comparable {
    /// Forgets what makes no difference to it any more.
    fileprivate mutating func forget(but latest: UInt8) {
        before &= latest
        over &= latest
        sawStarting &= latest
        if wish.deed != .look, wish.deed != .launch || stage == 1 { signature = 0 }
        switch wish.deed {
        case .stopChild, .stopHolder:
            heardReady = false
            if stop.stage == .lock || stop.stage == .sweep {
                (stop.machine, stop.rung) = (0, 0)
            }
        default: break
        }
        switch wish.deed {
        case .awaitChild, .confirm, .stopChild: (sawStarting, before, over, hasLooked) = (0, 0, 0, false)
        default: break
        }
    }

    private var key: (UInt64, UInt64) {
        let flags =
            UInt64(hasLooked ? 1 : 0) | (wasLateBefore ? 4 : 0) | (heardReady ? 8 : 0) | (stop.keepsEnd ? 16 : 0)
        let first =
            UInt64(machine) << 48 | UInt64(wish.deed.rawValue) << 40 | UInt64(wish.life) << 32 | UInt64(stage) << 24
            | UInt64(seen.code) << 16 | UInt64(own) << 8 | (before == 0 ? 0 : 1) | (over == 0 ? 0 : 2)
        let second =
            UInt64(signature) << 56 | UInt64(sawStarting) << 48 | UInt64(stop.machine) << 32 | UInt64(stop.stage.rawValue) << 24
            | UInt64(stop.target) << 16 | UInt64(stop.rung) << 12 | UInt64(stop.wanted) << 8 | flags
        return (first, second)
    }

    static func < (left: Self, right: Self) -> Bool { left.key < right.key }
    static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    func hash(into hasher: inout Hasher) {
        let key = key
        hasher.combine(key.0)
        hasher.combine(key.1)
    }
}
