import DaemonContract
import DaemonRuntime
import Glibc

// A daemon that does whatever a test wants a daemon to do. Which kind it is stands in its command line, before anything else is read.
let words = CommandLine.arguments
let kind = words.firstIndex(of: "--kind").flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil } ?? DaemonKind.worker.rawValue
if words.contains("--exit-at-once") { exit(3) }

DaemonMain.run(
    DaemonDefinition(
        kind: DaemonKind(rawValue: kind), summary: "a daemon for tests", options: TestService.options,
        check: { arguments throws(UsageError) in _ = try TestBehaviour(arguments) },
        make: { context in TestService(context, try TestBehaviour(context.arguments)) }))
