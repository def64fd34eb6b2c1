import Dispatch
import Glibc
import KeeperCommands

// A standard stream that is closed must not become the number of something else: what is written to it fails, as it should.
for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
    _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
}

// A reader that goes away is noticed when writing, and by the daemons' connections likewise; never by dying in the middle.
signal(SIGPIPE, SIG_IGN)

// Runs on this thread until it first has to wait: what needs no daemon starts no other thread.
Task.immediate {
    let code = await Keeper.live().run(Array(CommandLine.arguments.dropFirst()))
    if code == .outputClosed {
        // As any program ends whose output nobody reads.
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
    }
    exit(code.rawValue)
}
dispatchMain()
