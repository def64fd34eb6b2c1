internal import DaemonContract
internal import Glibc

/// `start --foreground`: the keeper becomes the daemon, so that a service manager sees its real process.
enum ForegroundStart {
    static func run(_ plan: StartPlan, _ context: KeeperContext) async throws -> ExitCode {
        let control = try await context.tidiedDaemons()
        let row = try await control.row(of: plan.id)
        guard !row.state.isRunning else {
            throw KeeperError(
                .lostRace, "\(plan.id) already runs\(row.pid.map { " (pid \($0))" } ?? "")",
                next: [plan.id.command("stop"), "rbee-keeper status"], exit: .lostRace)
        }
        let program = try await control.foreground(plan)
        let number = become(program)
        throw KeeperError(
            .failed, "\(plan.id) could not be started: \(program.path): \(String(cString: strerror(number)))",
            next: ["rbee-keeper \(plan.id.kind.rawValue) install", "rbee-keeper doctor"])
    }

    /// Returns only when it fails: with the error number.
    private static func become(_ program: ForegroundProgram) -> Int32 {
        // The keeper ignores SIGPIPE, and an ignored signal stays ignored across exec.
        _ = signal(SIGPIPE, SIG_DFL)
        var arguments: [UnsafeMutablePointer<CChar>?] = program.arguments.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = program.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        execve(program.path, &arguments, &environment)
        let number = errno
        for text in arguments + environment { free(text) }
        return number
    }
}
