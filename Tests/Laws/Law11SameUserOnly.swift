import DaemonContract
import DaemonHarness
import EventLoop
import Glibc
import HTTP
import OperationContract
import Platform
import Testing

@testable import DaemonLifecycle

/// Law 11: what is ours is for us alone.
@Suite struct Law11SameUserOnly {
    private static let isRoot = geteuid() == 0

    /// A run directory that is not to be trusted.
    struct Place: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What makes it, in the home.
        let make: @Sendable (String) -> Void
        /// What every refusal says.
        let says: String
        /// How doctor's advice begins.
        let advice: String
        /// What mends it.
        let mend: @Sendable (String) -> Void
        var needsRoot = false
    }

    static let places: [Place] =
        [0o755, 0o770, 0o701, 0o777].map { mode in
            Place(
                testDescription: "mode \(String(mode, radix: 8))",
                make: {
                    mkdir("\($0)/run", 0o700); chmod("\($0)/run", mode_t(mode))
                },
                says: "has mode \(String(mode, radix: 8)), but must be 700; run: chmod 700", advice: "chmod 700 '",
                mend: { chmod("\($0)/run", 0o700) })
        } + [
            Place(
                testDescription: "a link to a directory of ours",
                make: {
                    mkdir("\($0)/real", 0o700); symlink("\($0)/real", "\($0)/run")
                },
                says: "is a symbolic link", advice: "mv '", mend: { unlink("\($0)/run") }),
            Place(
                testDescription: "a link to nowhere", make: { symlink("\($0)/nowhere", "\($0)/run") }, says: "is a symbolic link",
                advice: "mv '", mend: { unlink("\($0)/run") }),
            Place(
                testDescription: "a file", make: { close(Glibc.open("\($0)/run", O_CREAT | O_WRONLY, 0o600)) }, says: "is not a directory",
                advice: "mv '", mend: { unlink("\($0)/run") }),
            Place(
                testDescription: "another user's",
                make: {
                    mkdir("\($0)/run", 0o700); chown("\($0)/run", 65534, 65534)
                },
                says: "belongs to user 65534", advice: "export RBEE_HOME=DIR", mend: { chown("\($0)/run", 0, 0) }, needsRoot: true),
            Place(
                testDescription: "trifecta T10: ours, in another user's directory",
                make: {
                    mkdir("\($0)/run", 0o700); chown($0, 65534, 65534)
                },
                says: "lies in a directory of user 65534", advice: "export RBEE_HOME=DIR", mend: { chown($0, 0, 0) }, needsRoot: true),
        ]

    @Test("a run directory that others could reach into: every command refuses and names what helps, and then it helps", arguments: places)
    func runDirectory(_ place: Place) async throws {
        guard !place.needsRoot || Self.isRoot else { return }  // Nothing else can belong to another user.
        try await TestHome.with { home in
            place.make(home.path)
            for command in [["queen", "start"], ["status"], ["list"], ["queen", "stop"], ["down"], ["shutdown-all"], ["ping"]] {
                let outcome = try await home.startKeeper(command).finish()
                #expect(outcome.exit == 1 && outcome.errors.contains(place.says), "\(command): \(outcome.exit) \(outcome.errors)")
            }
            let doctor = try await home.keeper("doctor")
            #expect(doctor.exit == 1 && doctor.output.contains(place.says), "\(doctor.output)")
            let advice = doctor.output.split(separator: "\n").filter { $0.contains("try: ") }.map { $0.drop { $0 == " " } }
            #expect(advice.first?.hasPrefix("try: \(place.advice)") == true, "\(doctor.output)")
            #expect(!doctor.output.contains("try: rbee-keeper doctor\n"), "nobody is sent in a circle: \(doctor.output)")
            #expect(home.names(in: "real").isEmpty && !home.exists("nowhere"), "nothing is made where a link leads")
            place.mend(home.path)
            let start = try await home.keeper("queen", "start", "--port", "0")
            #expect(start.exit == 0, "\(start.errors)")
        }
    }

    @Test("a folder of a kind that others could reach into is refused too, and named")
    func folderOfAKind() async throws {
        try await TestHome.with { home in
            _ = try home.directory(.queen)
            chmod("\(home.path)/run/queen", 0o750)
            for command in [["queen", "start"], ["queen", "status"], ["doctor"]] {
                let outcome = try await home.startKeeper(command).finish()
                #expect(outcome.exit == 1, "\(command)")
                #expect((outcome.output + outcome.errors).contains("chmod 700 '\(home.path)/run/queen'"), "\(command): \(outcome.output)")
            }
        }
    }

    @Test("umask 000 and 077, by hand and by the keeper: nothing of it is for others, whatever the mask", arguments: ["000", "077"])
    func masks(_ mask: String) async throws {
        try await TestHome.with { home in
            let outcome = try await home.shell(
                """
                umask \(mask)
                $0/rbee-keeper config set queen.port 0
                $0/rbee-keeper up --hive-port 0 --model builtin
                $0/rbee-keeper infer --model builtin hello
                """)
            #expect(outcome.exit == 0, "\(outcome.errors)")
            let byHand = try KeeperProcess(
                "/bin/sh", ["-c", "umask \(mask); exec \(TestHome.testDaemon) --kind worker --instance hand --port 0"],
                environment: home.programEnvironment())
            _ = try await eventually("it is ready") { try await home.lifecycle(instance: "hand").find() }
            let open = try open(to: 0o077, beneath: home.path)
            #expect(open == [], "for others to see")
            // The home itself is ours to make, and was made by the test.
            #expect(try home.file("run")?.permissions == 0o700)
            let files = try #require(try home.file("run/queen/default.sock"))
            #expect(files.permissions == 0o600)
            #expect(try await home.keeper("shutdown-all").exit == 0)
            withExtendedLifetime(byHand) {}
        }
    }

    /// The files and folders that have one of these permission bits.
    private func open(to bits: UInt32, beneath path: String) throws -> [String] {
        var found: [String] = []
        for name in DirectoryEntries.names(of: path) ?? [] {
            let file = "\(path)/\(name)"
            var about = stat()
            guard lstat(file, &about) == 0, about.st_mode & S_IFMT != S_IFLNK else { continue }
            if about.st_mode & bits != 0 { found.append("\(file) \(String(about.st_mode & 0o7777, radix: 8))") }
            if about.st_mode & S_IFMT == S_IFDIR { found += try open(to: bits, beneath: file) }
        }
        return found
    }

    @Test("a socket is for its owner alone from its first moment: its mode is never changed after it has a name, umask 000")
    func socketsFromTheFirstMoment() async throws {
        try await TestHome.with { home in
            let folder = try home.directory()
            // A change of mode, as a chmod after the bind would be, is an event of its own.
            let events = Descriptor(adopting: inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK)))
            #expect(inotify_add_watch(events.rawValue, folder.path, UInt32(IN_ATTRIB | IN_CREATE | IN_MOVED_TO)) >= 0)
            let daemon = try KeeperProcess(
                "/bin/sh", ["-c", "umask 000; exec \(TestHome.testDaemon) --kind worker --instance one --port 0"],
                environment: home.programEnvironment())
            _ = try await eventually("it is ready") { try await home.lifecycle().find() }
            #expect(try folder.stat("one.sock")?.permissions == 0o600)
            var changed: Set<String> = [], made = 0
            while let bytes = try events.read(upTo: 1 << 16), !bytes.isEmpty {
                for (mask, name) in Self.events(bytes) {
                    if mask & UInt32(IN_ATTRIB) != 0 { changed.insert(name) } else { made += 1 }
                }
            }
            // Lock, record and socket, the latter two under a name of their own first.
            #expect(made >= 5, "what would have been seen was seen")
            #expect(changed.filter { $0.hasSuffix(".sock") || $0.hasPrefix(".") } == [])
            withExtendedLifetime(daemon) {}
        }
    }

    /// The masks and names of a row of inotify events.
    private static func events(_ bytes: [UInt8]) -> [(UInt32, String)] {
        var events: [(UInt32, String)] = []
        var at = 0
        while at + 16 <= bytes.count {
            let (mask, length) = bytes.withUnsafeBytes { raw in
                (
                    raw.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self),
                    Int(raw.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self))
                )
            }
            events.append((mask, String(decoding: bytes[(at + 16)..<(at + 16 + length)].prefix { $0 != 0 }, as: UTF8.self)))
            at += 16 + length
        }
        return events
    }

    @Test(
        "another user: not into the directory, not with the token, not over a socket that was opened to everybody",
        .enabled(if: isRoot, "only root can be another user"))
    func anotherUser() async throws {
        try await TestHome.with { home in
            let lifecycle = try home.lifecycle()
            try await lifecycle.ensure()
            chmod(home.path, 0o755)
            let nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            let token = try await home.shell("cat \(home.path)/run/token", under: nobody)
            #expect(token.exit != 0 && token.output.isEmpty && token.errors.contains("Permission denied"))
            let keeper = try await home.startKeeper(["status"], under: nobody).finish()
            #expect(keeper.exit == 1 && keeper.errors.contains("\(home.path)/run"), "\(keeper.errors)")
            #expect(!keeper.output.contains("ready"))
            // Even if everything is thrown open: the daemon asks the kernel who is there.
            let ask = """
                use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => shift) or die "no connection: $!\\n";
                print $s "POST /v1/$ARGV[0] HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n"; print while <$s>;
                """
            let socket = "\(home.path)/run/worker/one.sock"
            let closed = try await home.shell("perl -e '\(ask)' \(socket) ping", under: nobody)
            #expect(closed.exit != 0 && closed.errors.contains("no connection"), "\(closed.errors)")
            for folder in ["run", "run/worker"] { chmod("\(home.path)/\(folder)", 0o755) }
            chmod(socket, 0o666)
            for path in ["ping", "shutdown"] {
                let open = try await home.shell("perl -e '\(ask)' \(socket) \(path)", under: nobody)
                #expect(open.output.hasPrefix("HTTP/1.1 403") && open.output.contains("other_user"), "\(open.output) \(open.errors)")
            }
            for folder in ["run/worker", "run"] { chmod("\(home.path)/\(folder)", 0o700) }
            let own = try await home.shell("perl -e '\(ask)' \(socket) ping")
            #expect(own.output.hasPrefix("HTTP/1.1 200"), "\(own.output) \(own.errors)")
            #expect(try await lifecycle.status().state == .ready)
        }
    }

    @Test("every daemon, over TCP: what changes something needs the token, and no Host or Origin of others is answered")
    func tokenHostAndOrigin() async throws {
        try await TestHome.with { home in
            #expect(try await home.keeper("up", "--port", "0", "--hive-port", "0", "--model", "builtin").exit == 0)
            let changes: [DaemonKind: [(String, String)]] = [
                .queen: [
                    ("POST", JobPath.jobs), ("POST", HeartbeatPath.worker), ("POST", HeartbeatPath.hive), ("DELETE", "/v1/jobs/job-1"),
                ],
                .hive: [("POST", JobPath.jobs), ("POST", RegistryPath.workers), ("DELETE", "\(RegistryPath.workers)/builtin-1")],
                .worker: [],
            ]
            let common = [
                ("POST", DaemonPath.ping), ("POST", DaemonPath.shutdown), ("POST", DaemonPath.leases), ("PUT", DaemonPath.ttl),
                ("PUT", "\(DaemonPath.leases)/x"), ("DELETE", "\(DaemonPath.leases)/x"),
            ]
            for (kind, instance) in [(DaemonKind.queen, nil), (.hive, nil), (.worker, "builtin-1")] as [(DaemonKind, String?)] {
                let daemon = try await TestDaemon(try home.daemon(kind, instance), home)
                for (method, path) in common + (changes[kind] ?? []) {
                    let bare = try await daemon.api.ask(.init(rawValue: method), path, "{}", headers: [])
                    #expect(bare.status == 401, "\(kind) \(method) \(path): \(bare.status)")
                    let wrong = try await daemon.api.ask(.init(rawValue: method), path, "{}", headers: [("Authorization", "Bearer wrong")])
                    #expect(wrong.status == 401, "\(kind) \(method) \(path): \(wrong.status)")
                }
                for headers in [[("Host", "evil.example")], [("Origin", "https://evil.example")], [("Host", "127.0.0.1.evil.example")]] {
                    for path in [DaemonPath.health, DaemonPath.info, "/nothing"] {
                        #expect(try await daemon.api.ask(.get, path, headers: headers).status == 403, "\(kind) \(headers)")
                    }
                }
                #expect(daemon.isRunning)
            }
            #expect(try await home.running().count == 3)
        }
    }

    @Test("an address beyond this machine without keys: whoever starts the daemon is told, and doctor says it")
    func exposed() async throws {
        try await TestHome.with { home in
            let environment = ["RBEE_QUEEN_HOST": "0.0.0.0", "RBEE_QUEEN_AUTOSTART_HIVE": "false"]
            let says = "queen.host: 0.0.0.0 is reached from other machines, and api_keys is empty"
            let doctor = try await home.keeper("doctor", environment: environment)
            #expect(doctor.output.contains(says), "\(doctor.output)")
            let start = try await home.keeper("queen", "start", environment: environment)
            #expect(start.exit == 0 && start.errors.contains("warning: RBEE_QUEEN_HOST: \(says)"), "\(start.errors)")
            #expect(try await home.keeper("queen", "stop").exit == 0)
            #expect(home.text("logs/queen-default.log")?.contains(says) == true)
            let keyed = try await home.keeper("queen", "start", environment: environment.merging(["RBEE_API_KEYS": "k"]) { $1 })
            #expect(keyed.exit == 0 && !keyed.errors.contains("warning"), "\(keyed.errors)")
        }
    }
}
