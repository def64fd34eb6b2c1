import DaemonContract
import DaemonRuntime
import EventLoop
import Glibc

// Walks one of the paths that programs walk often, so many times, and ends. `scripts/instructions` counts what that takes.
//
//     rbee-hotpaths --path ipc-ping --count 1000
//
// Client and server are in this process and on one loop, so that nothing depends on which thread runs first.
let options = [
    CommandOption("--path", value: "NAME", "which path"),
    CommandOption("--count", value: "N", "how often"),
]

/// Says why nothing was measured, and ends.
func fail(_ why: String) -> Never {
    let line = Array("rbee-hotpaths: \(why)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(1)
}

do {
    let arguments = try CommandArguments(CommandLine.arguments.dropFirst(), options: options + CommandOption.shared)
    let name = try arguments.required("--path")
    guard let count = try arguments.number("--count", in: 1...10_000_000) else { fail("--count is required") }
    guard let path = HotPath(rawValue: name) else {
        fail("there is no path \(name); there are: \(HotPath.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if path == .httpHealth { DaemonMain.run(HealthPath.definition(options: options, count: count)) }
    Task(executorPreference: EventLoop.shared) {
        do {
            try await path.walk(count)
            exit(0)
        } catch {
            fail("\(name): \(error)")
        }
    }
    while true { pause() }
} catch {
    fail(error.message)
}
