import Glibc

// Measures rbee beside the physical floor, both in one run. Subcommands are in their own files.
signal(SIGPIPE, SIG_IGN)
let words = Array(CommandLine.arguments.dropFirst())
switch words.first {
case "ipc":
    exit(await IPCBenchmark.main(Array(words.dropFirst())))
case "echo-server" where words.count == 2:
    // What the floor is measured against: started by the benchmark itself.
    EchoServer.run(path: words[1])
case "--help", "-h", "help", nil:
    print(
        """
        rbee-bench: measures rbee beside the physical floor, in one run

        Usage: rbee-bench ipc [--json] [--rounds N]

        ipc   the context daemon's socket against a raw socket ping-pong: ping, 1 KB, acknowledgements; on one core and on two;
              start, stop and idle cost of the daemon. Daemons are started in a home of their own and stopped again.
        """)
    exit(words.isEmpty ? 2 : 0)
default:
    complain("\"\(words[0])\" is no benchmark; see: rbee-bench --help")
    exit(2)
}
