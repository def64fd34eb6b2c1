import EventLoop
import Glibc
import Platform

/// The course of this program: a folder, a run, a report, and nothing left.
enum Program {
    static func start(_ options: Options) {
        var template = Array("/tmp/rbee-chaos-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            Console.say("cannot make a folder in /tmp: \(SystemError.text(of: errno))")
            exit(71)
        }
        let root = ChaosFile.text(template.dropLast().map { UInt8(bitPattern: $0) })
        Console.say("seed \(options.seed), \(root); again: make chaos SEED=\(options.seed) MINUTES=\(options.minutes)")
        do {
            let janitor = try Janitor(root: root)
            let run = try ChaosRun(options, root: root)
            let interruptions = try [SIGINT, SIGTERM, SIGHUP].map { number in
                try EventLoop.shared.onSignal(number) {
                    run.end()
                    Task { await finish(run, [], janitor, code: 128 + number) }
                }
            }
            Task(executorPreference: EventLoop.shared) {
                let violations = await run.perform()
                // Whoever interrupted it finishes it.
                guard !run.isEnding else { return }
                for line in Report(run: run, violations: violations).lines() { Console.say(line) }
                await finish(run, violations, janitor, code: violations.isEmpty ? 0 : 1)
                withExtendedLifetime(interruptions) {}
            }
        } catch {
            Console.say("\(error)")
            Cleaner(root: root).endProcesses()
            Cleaner(root: root).removeFiles()
            exit(71)
        }
    }

    private static func finish(_ run: ChaosRun, _ violations: [Violation], _ janitor: Janitor, code: Int32) async {
        let cleaner = Cleaner(root: run.root)
        let isClean = try? await onBlockingThread { cleaner.endProcesses() }
        if violations.isEmpty, !run.options.keepsFiles {
            try? await onBlockingThread { cleaner.removeFiles() }
        } else {
            ChaosFile.write("\(run.root)/timeline.txt", Array(run.timeline.text.utf8))
        }
        if isClean != true { Console.say("processes are left that cannot be ended: \(cleaner.pids())") }
        janitor.dismiss()
        _exit(isClean == true ? code : 1)
    }
}
