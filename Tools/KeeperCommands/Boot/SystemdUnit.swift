/// A systemd user unit, systemd.service(5).
enum SystemdUnit {
    /// The unit's file beneath the user's configuration, and the link that enables it.
    static func file(_ service: BootService, configuration: String) -> BootFile {
        BootFile(path: "\(directory(configuration))/\(service.name).service", comment: { "# \($0)" }, body: body(service))
    }

    static func enablingLink(_ service: BootService, configuration: String) -> String {
        "\(directory(configuration))/default.target.wants/\(service.name).service"
    }

    private static func directory(_ configuration: String) -> String { "\(configuration)/systemd/user" }

    private static func body(_ service: BootService) -> String {
        let environment = service.environment.map { "Environment=\(word("\($0.name)=\($0.value)"))\n" }.joined()
        return """
            # Written by rbee-keeper boot enable. 'rbee-keeper boot print \(service.id)' shows it; an edited one is never overwritten.

            [Unit]
            Description=rbee: \(service.summary)
            StartLimitIntervalSec=60
            StartLimitBurst=5

            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart=\(service.command.map(word).joined(separator: " "))
            ExecStop=-\(service.stopCommand.map(word).joined(separator: " "))
            \(environment)# What it started outlives a crash and is adopted by the next one; a stop takes it down in order.
            KillMode=process
            Restart=on-failure
            RestartSec=1
            # Somebody else's instance serves, or the command line or configuration is wrong: trying again would not help.
            RestartPreventExitStatus=64 75 78
            SuccessExitStatus=75
            WatchdogSec=30
            TimeoutStartSec=60
            TimeoutStopSec=30
            UMask=0077
            NoNewPrivileges=yes
            LockPersonality=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
            SystemCallArchitectures=native

            [Install]
            WantedBy=default.target

            """
    }

    /// One word of a command line or an assignment: quoted as systemd reads it, without specifiers and variables.
    static func word(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("%", with: "%%").replacing("$", with: "$$")
            .replacing("\n", with: "\\n")
        return PlainWord.isPlain(text) ? text : "\"\(escaped)\""
    }
}
