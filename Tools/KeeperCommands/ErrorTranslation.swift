internal import DaemonContract
internal import DaemonLifecycle
internal import Platform

extension KeeperError {
    /// What any error means for people and programs.
    package init(from error: any Error, table: CommandTable = .keeper) {
        switch error {
        case let error as KeeperError:
            self = error
        case let error as UsageError:
            self.init(
                .usage, error.message, next: error.suggestions + [table.typed(error.path) + (error.path.isEmpty ? " help" : " --help")],
                exit: .usage, underlying: error)
        case let error as OutputError:
            self = Self.output(error)
        case let error as SystemError:
            self.init(.failed, error.message, next: ["rbee-keeper doctor"], underlying: error)
        case let error as ContractError:
            self.init(.failed, error.description, next: ["rbee-keeper doctor"], underlying: error)
        case let error as LifecycleError:
            self = Self.lifecycle(error)
        case let error as InstallError:
            self = Self.install(error)
        case is CancellationError:
            self.init(.interrupted, "interrupted", next: ["rbee-keeper status"], exit: .interrupted, underlying: error)
        default:
            self.init(.failed, "\(error)", next: ["rbee-keeper doctor"], underlying: error)
        }
    }

    private static func lifecycle(_ error: LifecycleError) -> KeeperError {
        let exit: ExitCode =
            switch error.code {
            case .notRunning: .notRunning
            case .timedOut, .silent: .timedOut
            case .cancelled: .interrupted
            case .invalidArgument: .usage
            case .startFailed where error.end == .exited(ExitCode.lostRace.rawValue): .lostRace
            default: .failed
            }
        return KeeperError(.init(rawValue: error.code.description), error.message, next: next(after: error), exit: exit, underlying: error)
    }

    private static func next(after error: LifecycleError) -> [String] {
        let id = error.daemon.flatMap { try? DaemonID(parsing: $0) }
        let logs = id?.command("logs") ?? "rbee-keeper logs"
        let status = id.map { "rbee-keeper status \($0)" } ?? "rbee-keeper status"
        switch error.code {
        case .startFailed where error.message.contains("the port is taken") && id != nil && id?.kind != .worker:
            return (id.map { [$0.command("start", "--port 0")] } ?? []) + ["rbee-keeper doctor"]
        case .startFailed: return [id?.command("logs", "--streams") ?? "rbee-keeper logs --streams", "rbee-keeper doctor"]
        case .timedOut: return [status, logs]
        case .silent: return [status, logs] + (id.map { [$0.command("stop")] } ?? [])
        case .notRunning: return (id.map { [$0.startCommand] } ?? []) + ["rbee-keeper status"]
        case .unreachable, .refused: return [logs, status]
        case .cancelled: return [status]
        case .binaryNotFound: return ["rbee-keeper doctor"] + (id.map { ["rbee-keeper \($0.kind) install --help"] } ?? [])
        case .invalidArgument: return [id.map { "rbee-keeper \($0.kind) --help" } ?? "rbee-keeper --help"]
        default: return ["rbee-keeper doctor"]
        }
    }

    private static func install(_ error: InstallError) -> KeeperError {
        let kind = DaemonKind.known.first { error.path?.hasSuffix("/\($0.binaryName)") == true }
        let next =
            switch (error.code, kind) {
            case (.running, let kind?): ["rbee-keeper \(kind) stop\(kind == .worker ? " --all" : "")"]
            case (.targetOccupied, _): error.path.map { ["ls -ld '\($0)'"] } ?? ["rbee-keeper doctor"]
            case (.sourceMissing, let kind?), (.notExecutable, let kind?), (.notVerified, let kind?), (.sameFile, let kind?):
                ["rbee-keeper \(kind) install --help", "rbee-keeper doctor"]
            default: ["rbee-keeper doctor"]
            }
        return KeeperError(.init(rawValue: error.code.description), error.message, next: next, underlying: error)
    }

    private static func output(_ error: OutputError) -> KeeperError {
        switch error {
        case .closed:
            KeeperError(.output, "nobody reads standard output any more", exit: .outputClosed, underlying: error)
        case .failed(let number):
            KeeperError(.output, "cannot write to standard output: \(SystemError.text(of: number))", underlying: error)
        }
    }
}
