@testable import DaemonLifecycle

/// How a stop goes: `StopRun` in steps.
extension EnsureWorld {
    enum StopResult {
        case done, failed
    }

    func moves(of course: StopDialogue.Course, _ kernel: Kernel, _ dialogue: StopDialogue) -> [Move] {
        let isTargetsLine = kernel.line == course.target
        switch course.stage {
        case .idle: return []
        case .identify:
            // A lock without a line is one that was taken a moment ago.
            return kernel.isLockFree || kernel.line != 0 ? [.identify] : []
        case .survey: return [.survey]
        case .step:
            switch dialogue.ladder.rungs[Int(course.rung)].step {
            case .request:
                guard kernel.answers, kernel.life == course.target else { return [.refused] }
                return setting.hangs ? [.obeyed, .refused] : [.obeyed]
            case .terminate: return setting.mayIgnore && kernel.isAlive(course.target) ? [.obeyed, .ignored] : [.obeyed]
            case .kill: return [.obeyed]
            }
        case .wait:
            return kernel.isAlive(course.target) ? [.impatient] : [.gone]
        case .lock:
            // The shepherd has it until it has written down how the daemon ended.
            if kernel.isLockFree { return [.lock] }
            return !isTargetsLine && kernel.line != 0 ? [.lock] : []
        case .sweep: return [.sweep]
        }
    }

    /// - Returns: nil while it goes on.
    func go(
        on course: inout StopDialogue.Course, _ move: Move, _ dialogue: StopDialogue, _ kernel: inout Kernel
    ) -> StopResult? {
        var result = advance(&course, move, dialogue, &kernel)
        while setting.isCoarse, result == nil {
            let next = moves(of: course, kernel, dialogue)
            guard next.count == 1, next[0] != .impatient else { break }
            result = advance(&course, next[0], dialogue, &kernel)
        }
        return result
    }

    private func advance(
        _ course: inout StopDialogue.Course, _ move: Move, _ dialogue: StopDialogue, _ kernel: inout Kernel
    ) -> StopResult? {
        switch move {
        case .identify:
            let isMeant = !kernel.isLockFree && (course.wanted == 0 || course.wanted == kernel.line)
            if isMeant { course.target = kernel.line }
            return follow(dialogue.tell(.begin(isRunning: isMeant), code: isMeant ? 1 : 2, to: &course.machine), &course)
        case .survey:
            let leader = kernel.isAlive(course.target)
            let alive = leader ? 1 : 0
            return follow(
                dialogue.tell(
                    .surveyed(alive: alive, leaderAlive: leader), code: 10 + UInt16(alive) * 2 + (leader ? 1 : 0), to: &course.machine),
                &course)
        case .obeyed, .ignored:
            apply(dialogue.ladder.rungs[Int(course.rung)].step, course, obeyed: move == .obeyed, &kernel)
            return follow(dialogue.tell(.stepDone, code: 3, to: &course.machine), &course)
        case .refused: return follow(dialogue.tell(.stepRefused(""), code: 4, to: &course.machine), &course)
        case .gone: return follow(dialogue.tell(.gone, code: 5, to: &course.machine), &course)
        case .impatient: return follow(dialogue.tell(.patienceOver, code: 6, to: &course.machine), &course)
        case .lock:
            guard kernel.isLockFree else {
                // Somebody else has it by now, which is free enough.
                course = .init()
                return .done
            }
            kernel.isSwept = true
            course.stage = .sweep
            return nil
        case .sweep:
            // Without its record the end of one that was ready would be taken for a failed start.
            let hasServed = kernel.record == kernel.last && kernel.recordPhase == .ready && !wrong.contains(.keepsTheEndOfTheReady)
            kernel.removeRecord()
            let isTheirs = course.wanted != 0 && course.wanted != kernel.last && !wrong.contains(.forgetsTheEnd)
            if !isTheirs, !course.keepsEnd || hasServed { kernel.removeLast() }
            kernel.isSwept = false
            course = .init()
            return .done
        default: return nil
        }
    }

    private func follow(_ deed: StopDialogue.Deed, _ course: inout StopDialogue.Course) -> StopResult? {
        switch deed {
        case .survey: course.stage = .survey
        case .step(let rung): (course.stage, course.rung) = (.step, rung)
        case .wait(let rung): (course.stage, course.rung) = (.wait, rung)
        case .gone, .notRunning: course.stage = .lock
        case .survivors:
            course = .init()
            return .failed
        }
        return nil
    }

    private func apply(_ step: StopRung.Step, _ course: StopDialogue.Course, obeyed: Bool, _ kernel: inout Kernel) {
        guard kernel.isLeft(course.target) else { return }
        // The shepherd is no part of the daemon's tree: it sees the end of it.
        if wrong.contains(.signalsTheShepherd), case .terminate = step { kernel.shepherdGoes() }
        guard kernel.isAlive else { return }
        switch step {
        case .request: if kernel.phase != .draining { kernel.becomes(.draining) }
        case .terminate:
            guard obeyed else { return }
            switch kernel.phase {
            case .starting, .ready: kernel.becomes(.draining)
            // The second one ends it at once, and a program that has not set up anything dies of the first.
            case .draining, .booting, .forked: kernel.dies(.failure)
            case .dead: break
            }
        case .kill: kernel.dies(.failure)
        }
    }
}
