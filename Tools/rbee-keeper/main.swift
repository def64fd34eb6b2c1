import Dispatch
import Glibc
import KeeperCommands

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
