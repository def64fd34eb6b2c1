internal import DaemonContract
internal import Glibc
internal import Platform

/// `queen install`, `hive uninstall`, …: programs into and out of their directory.
enum InstallCommand {
    /// JSON of `install`: `{"binary_path","install_time","found_in_target"}`.
    private struct InstallReport: Report {
        let result: InstallResult

        func encode(to encoder: any Encoder) throws {
            try result.encode(to: encoder)
        }

        func lines(_ style: Style) -> [String] {
            ["\(style.paint("installed", .good)) \(SafeText.line(result.binaryPath))"]
        }
    }

    /// JSON of `uninstall`: `{"binary_path","removed"}`.
    private struct UninstallReport: Report {
        let path: String
        let removed: Bool

        private enum CodingKeys: String, CodingKey {
            case path = "binary_path"
            case removed
        }

        func lines(_ style: Style) -> [String] {
            [SafeText.line(removed ? "removed \(path)" : "\(path) was not installed")]
        }
    }

    static func install(_ kind: DaemonKind) -> Command {
        let typed = "rbee-keeper \(kind.rawValue) install"
        return Command(
            path: [kind.rawValue, "install"], summary: "install the program \(kind.binaryName)",
            discussion: [
                "Copies it into its directory, whole or not at all, after it has shown with --version that it runs. A running daemon keeps the "
                    + "old one until it is restarted.",
                #"With --json: {"binary_path","install_time","found_in_target"}."#,
            ],
            options: [.directory],
            operands: [OperandSpec("SOURCE", .path, "the program to install; without it, the one beside this keeper", count: .optional)],
            exits: [.init(.done, "it is installed"), .init(.failed, "nothing was changed"), .init(.usage)],
            examples: [
                .init(typed, "the one beside this keeper"),
                .init("\(typed) .build/release/\(kind.binaryName)", "one just built"),
            ]
        ) { context in
            var config = InstallConfig(binaryName: kind.binaryName)
            config.binaryPath = context.arguments.operands.first.map(context.absolute)
            config.targetPath = context.arguments.text(.directory).map(context.absolute)
            let result = try await context.installer().install(config)
            try context.output.result(InstallReport(result: result))
            if let row = try? await context.daemons().row(of: DaemonID(kind: kind)), row.state.isRunning {
                context.output.note("\(row.name) runs the program it was started from; 'rbee-keeper \(kind.rawValue) restart' changes over")
            }
            return .done
        }
    }

    static func uninstall(_ kind: DaemonKind) -> Command {
        let typed = "rbee-keeper \(kind.rawValue) uninstall"
        return Command(
            path: [kind.rawValue, "uninstall"], summary: "remove the installed program \(kind.binaryName)",
            discussion: [
                "Refuses while a daemon runs it; one that runs the program from elsewhere is no obstacle. Not installed is fine, and it says so.",
                #"With --json: {"binary_path","removed"}."#,
            ],
            options: [.directory], exits: [.init(.done, "it is not installed, also when it never was"), .init(.failed), .init(.usage)],
            examples: [.init(typed, "remove it")]
        ) { context in
            let installer = try context.installer()
            let directory = context.arguments.text(.directory).map(context.absolute) ?? installer.defaultDirectory
            let path = "\(directory)/\(kind.binaryName)"
            let rows = try await context.daemons().rows()
            if let row = rows.first(where: { $0.kind == kind && $0.state.isRunning && runs($0, path) }) {
                let pid = row.pid.map { " (pid \($0))" } ?? ""
                throw KeeperError(
                    .failed, "\(kind.binaryName) was not removed: \(row.name) is still running\(pid)", next: [row.command("stop")])
            }
            let removed = try await installer.uninstall(UninstallConfig(daemonName: kind.binaryName, installPath: path))
            try context.output.result(UninstallReport(path: path, removed: removed))
            return .done
        }
    }

    /// Whether a daemon runs the program at a path; yes when there is one and it cannot be told.
    private static func runs(_ row: DaemonStatusRow, _ path: String) -> Bool {
        guard let file = try? FileIdentity.of(path: path) else { return false }
        guard let pid = row.pid, let image = try? ProcessIdentity.of(pid: pid)?.executable else { return true }
        return image.isSameFile(as: file) || replaced(pid) == path
    }

    /// The path that the process's program had until another took its place; nil when it is still there.
    private static func replaced(_ pid: Int32) -> String? {
        let size = Int(PATH_MAX)
        var buffer = [CChar](repeating: 0, count: size)
        let length = readlink("/proc/\(pid)/exe", &buffer, size)
        let ending = " (deleted)"
        guard length > 0, case let link = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self),
            link.hasSuffix(ending)
        else { return nil }
        return String(link.dropLast(ending.count))
    }
}
