internal import DaemonContract

extension CommandTable {
    /// Every command of rbee-keeper, in the order help shows them.
    package static let keeper = CommandTable(
        program: "rbee-keeper",
        summary: "start, find, keep alive and cleanly stop the local daemons of rbee",
        groups: [
            CommandGroup("queen", summary: "the queen: takes requests and jobs and hands them to workers"),
            CommandGroup("hive", summary: "the hive: starts, supervises and stops the workers of this machine"),
            CommandGroup("worker", summary: "workers: each serves one model"),
            CommandGroup("process", summary: "plain programs that the hive keeps running"),
            CommandGroup("context", summary: "the context daemon: remembers projects for coding tools"),
            CommandGroup("boot", summary: "daemons that are started at login or boot"),
            CommandGroup("config", summary: "the configuration"),
        ],
        commands: [
            UpCommand.command, DownCommand.command, StatusCommand.command, ListCommand.command, InferCommand.command,
            PingCommand.command, LogsCommand.command, DoctorCommand.command, KeepAliveCommand.command, DownCommand.shutdownAll,
            HelpCommand.command,
        ]
            + KindCommands(kind: .queen).all
            + KindCommands(kind: .hive).all
            + KindCommands(kind: .worker).all + [WorkerCommands.spawn, WorkerCommands.list, WorkerCommands.get]
            + ProcessCommands.all
            + KindCommands(kind: .context).all
            + [
                ContextCommands.initialize, ContextCommands.show, ContextCommands.get, ContextCommands.graft, ContextCommands.ping,
                ContextHookCommand.command, InstallHooksCommand.command,
            ]
            + [BootCommands.enable, BootCommands.disable, BootCommands.status, BootCommands.print]
            + [ConfigCommands.get, ConfigCommands.set, ConfigCommands.list, ConfigCommands.path],
        globals: OptionSpec.globals
    )
}
