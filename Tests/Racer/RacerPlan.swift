import DaemonContract
import DaemonLifecycle
import Glibc

/// What a racer was told: which daemon, in which home, and what it is to have about it when it starts it.
struct RacerPlan: Sendable {
    var home = ""
    var program = ""
    var kind = "worker"
    var instance = "one"
    var owner = "racer"
    var timeout: Duration = .seconds(60)
    /// What follows `--`: the daemon's own arguments.
    var arguments: [String] = []
    /// So many descriptors beyond its own, of several kinds, all inheritable.
    var descriptors = 0
    var mask: mode_t?
    var directory: String?
    /// Every signal that can be is blocked, SIGPIPE and SIGHUP are ignored.
    var blocksSignals = false
    /// So many descriptors more than it has when it comes to the gate, and no more.
    var spare: Int?
    /// Says nothing and stays, until it is killed.
    var stays = false

    init(_ words: [String]) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                arguments = Array(rest)
                return
            }
            if word == "--block-signals" { blocksSignals = true }
            if word == "--stay" { stays = true }
            guard !["--block-signals", "--stay"].contains(word), let value = rest.popFirst() else { continue }
            switch word {
            case "--home": home = value
            case "--program": program = value
            case "--kind": kind = value
            case "--instance": instance = value
            case "--owner": owner = value
            case "--timeout": timeout = .milliseconds(Int(value) ?? 0)
            case "--descriptors": descriptors = Int(value) ?? 0
            case "--umask": mask = mode_t(value, radix: 8)
            case "--directory": directory = value
            case "--spare": spare = Int(value)
            default: continue
            }
        }
    }

    /// Makes itself what it was told to be. Before there is any other thread.
    func prepare() {
        for number in 0..<descriptors { open(number) }
        if let mask { umask(mask) }
        if let directory { chdir(directory) }
        guard blocksSignals else { return }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        var all = sigset_t()
        sigfillset(&all)
        sigprocmask(SIG_BLOCK, &all, nil)
    }

    /// Leaves itself so many descriptors as it was told, now that whatever runs it has its own.
    func limitDescriptors() {
        guard var spare else { return }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // A limit is on numbers: so many of those below it are free.
        var number: Int32 = 0
        while spare > 0 || fcntl(number, F_GETFD) >= 0 {
            if fcntl(number, F_GETFD) < 0 { spare -= 1 }
            number += 1
        }
        // What it was started with beyond that, no starter would have.
        for inherited in number..<4096 { close(inherited) }
        limit.rlim_cur = rlim_t(number)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// A file, a socket pair or a pipe.
    private func open(_ number: Int) {
        var ends: [Int32] = [-1, -1]
        switch number % 3 {
        case 0: _ = Glibc.open("/dev/null", O_RDWR)
        case 1: socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        default: pipe(&ends)
        }
    }

    func lifecycle() throws -> DaemonLifecycle {
        var specification = DaemonSpecification(
            id: try DaemonID(kind: DaemonKind(rawValue: kind), instance: instance), program: program, arguments: arguments)
        specification.startTimeout = timeout
        return try DaemonLifecycle(specification, owner: owner, home: home)
    }
}
