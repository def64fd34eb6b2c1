internal import DaemonContract

/// The command line as a function: arguments in, exit code out.
package struct Keeper: Sendable {
    private let table: CommandTable
    private let results: any ByteSink
    private let narration: any ByteSink
    private let environment: [String: String]
    private let context: @Sendable (CommandTable, Arguments, [String: String], Output) -> KeeperContext

    /// - Parameter context: makes what commands may touch; called only when a command runs.
    package init(
        table: CommandTable = .keeper, results: any ByteSink, narration: any ByteSink, environment: [String: String],
        context: @escaping @Sendable (CommandTable, Arguments, [String: String], Output) -> KeeperContext
    ) {
        self.table = table
        self.results = results
        self.narration = narration
        self.environment = environment
        self.context = context
    }

    /// Does what the arguments (without the program's name) say.
    ///
    /// - Returns: the exit code; ``ExitCode/outputClosed`` when nobody reads the results any more.
    package func run(_ arguments: [String]) async -> ExitCode {
        let parser = ArgumentParser(table)
        // How to report is known before it is known what.
        var output = output(for: parser.globals(in: arguments))
        do {
            let invocation = try parser.parse(arguments)
            switch invocation {
            case .help(let path, _):
                try HelpCommand.show(path, table, output)
                return .done
            case .version:
                try output.result(VersionReport())
                return .done
            case .run(let command, let arguments):
                output = self.output(for: arguments)
                return try await command.body(context(table, arguments, environment(for: arguments), output))
            }
        } catch OutputError.closed {
            return .outputClosed
        } catch {
            let failure = KeeperError(from: error, table: table)
            output.error(failure)
            return failure.exit
        }
    }

    private func output(for arguments: Arguments) -> Output {
        Output(
            results: results, narration: narration, isJSON: arguments.has(.json),
            verbosity: arguments.has(.verbose) ? .verbose : arguments.has(.quiet) ? .quiet : .normal,
            environment: environment, refusesColour: arguments.has(.noColor))
    }

    /// `--home` counts as RBEE_HOME, for this command and for what it starts.
    private func environment(for arguments: Arguments) -> [String: String] {
        guard let home = arguments.text(.home) else { return environment }
        var environment = environment
        environment[DaemonEnvironment.home] = AbsolutePath.of(home)
        return environment
    }
}

/// JSON: `{"name","version"}`.
private struct VersionReport: Report {
    let name = "rbee-keeper"
    let version = RbeeVersion.current

    private enum CodingKeys: String, CodingKey {
        case name, version
    }

    func lines(_ style: Style) -> [String] { ["\(name) \(version)"] }
}
