import BenchReport
import Glibc

// Measures rbee beside the physical floor, both in one run. Each benchmark is in a file of its own.
signal(SIGPIPE, SIG_IGN)
let words = Array(CommandLine.arguments.dropFirst())
if words.first == EchoServer.word { EchoServer.serve(Array(words.dropFirst())) }

let arguments: BenchArguments
do {
    arguments = try BenchArguments(words, benchmarks: Benchmarks.names)
} catch {
    complain("\(error); see: rbee-bench --help")
    exit(2)
}
exit(await Program(arguments).run())
