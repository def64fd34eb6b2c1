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
        return KeeperError(
            .init(rawValue: error.code.description), error.message, next: error.message.contains("rbee-keeper ") ? [] : help(error),
            exit: exit,
            underlying: error)
    }

    /// What helps where the message does not say it itself.
    private static func help(_ error: LifecycleError) -> [String] {
        guard let name = error.daemon, let daemon = DaemonReference(name) else { return ["rbee-keeper doctor"] }
        let kind = daemon.kind.rawValue
        switch error.code {
        case .startFailed where error.message.contains("the port is taken"):
            return ["rbee-keeper \(kind) start --port 0", "rbee-keeper doctor"]
        case .startFailed, .timedOut: return ["rbee-keeper logs \(name) --streams", "rbee-keeper doctor"]
        case .notRunning: return ["rbee-keeper \(kind) start"]
        case .silent, .unreachable, .refused: return ["rbee-keeper logs \(name)", "rbee-keeper \(kind) restart"]
        case .binaryNotFound: return ["rbee-keeper doctor", "rbee-keeper \(kind) install PATH"]
        case .invalidArgument: return ["rbee-keeper \(kind) --help"]
        default: return ["rbee-keeper doctor"]
        }
    }

    private static func install(_ error: InstallError) -> KeeperError {
        var next: [String] = []
        if error.code == .running, let kind = DaemonKind.known.first(where: { error.path?.hasSuffix("/\($0.binaryName)") == true }) {
            next = ["rbee-keeper \(kind) stop"]
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
