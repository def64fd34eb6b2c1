internal import DaemonContract
package import DaemonRuntime

/// What `rbee-worker` runs.
package enum WorkerDaemon {
    /// The definition for the main.
    package static let definition = DaemonDefinition(
        kind: .worker, summary: "serves one model over OpenAI's API", options: WorkerOptions.options, defaultTTL: .seconds(300),
        check: { arguments throws(UsageError) in _ = try WorkerOptions(arguments) },
        make: { context in try WorkerService(context, options: try WorkerOptions(context.arguments)) })
}
