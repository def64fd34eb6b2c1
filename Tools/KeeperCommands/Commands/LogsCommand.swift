internal import DaemonContract
internal import Platform

/// `logs`: the last lines of a daemon's log, and those to come.
enum LogsCommand {
    static let options: [OptionSpec] = [.lines, .follow, .streams]
    static let discussion = [
        "Reads the files, so it also works for a daemon that no longer runs. --json prints the lines as they are stored: one JSON object each."
    ]

    static let command = Command(
        "logs", summary: "show a daemon's log", discussion: discussion, options: options, operands: [.daemon],
        exits: [
            .init(.done), .init(.failed, "there is no log"), .init(.usage), .init(.notRunning, "there is no worker"),
            .init(.interrupted, "Ctrl-C, the usual end of --follow"),
        ],
        examples: [
            .init("rbee-keeper logs", "the queen's last 50 lines"),
            .init("rbee-keeper logs worker/tiny-1 -n 200 -f", "a worker's last 200, and on"),
            .init("rbee-keeper logs hive --streams", "what it wrote to its standard streams, such as a crash"),
        ]
    ) { context in
        try await show(try await context.chosenDaemon(), context)
    }

    static func show(_ id: DaemonID, _ context: KeeperContext) async throws -> ExitCode {
        let home = try context.home()
        let isStreams = context.arguments.has(.streams)
        let streams = "\(home.run)/\(id.kind.rawValue)/\(id.instance).out", log = "\(home.logs)/\(id.kind.rawValue)-\(id.instance).log"
        let path = isStreams ? streams : log
        guard let tail = try LogTail(path: path, lines: context.arguments.integer(.lines) ?? 50) else {
            throw KeeperError(
                .failed, "\(id) has no \(isStreams ? "output" : "log"): there is no \(path)",
                // The other of the two only when there is something to see.
                next: ((try? FileIdentity.of(path: isStreams ? log : streams)) != nil
                    ? [id.command("logs", isStreams ? "" : "--streams")] : []) + ["rbee-keeper list --all"])
        }
        let output = context.output
        @Sendable func print(_ lines: [String]) throws {
            try output.print(
                lines.map { output.isJSON && !isStreams ? $0 : isStreams ? SafeText.line($0) : LogLineText.text($0, output.resultStyle) })
        }
        try print(tail.last())
        guard context.arguments.has(.follow) else { return .done }
        let clock = context.clock
        try await context.interruptible("the daemon goes on") {
            var tail = tail
            while true {
                try await clock.sleep(for: .milliseconds(200))
                // A daemon that writes nothing would keep this here for ever.
                if output.results.isAbandoned { throw OutputError.closed }
                try print(try tail.more())
            }
        }
        return .done
    }
}
