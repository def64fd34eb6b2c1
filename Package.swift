// swift-tools-version: 6.2
import PackageDescription

// The rooms, lowest first. Imports only ever point up this list:
//   Contracts   what crosses a process boundary
//   Lifecycle   everything needed to start, find, talk to, keep and stop a daemon
//   Daemons     the daemons, each a library with one thin main
//   Tools       the command line, the launcher
//   Tests       one target per module

let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let c: [CSetting] = [
    .define("_GNU_SOURCE"),
    .treatAllWarnings(as: .error),
]

func module(_ name: String, in room: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "\(room)/\(name)", swiftSettings: swift)
}

func main(_ name: String, in room: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "\(room)/\(name)", swiftSettings: swift)
}

/// A program that only tests run, in a folder of Tests.
func testProgram(_ name: String, in folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Tests/\(folder)", swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: swift)
}

let contracts: [Target] = [
    module("DaemonContract", in: "Contracts"),
    module("OperationContract", in: "Contracts", ["DaemonContract"]),
    module("ContextContract", in: "Contracts"),
]

let lifecycle: [Target] = [
    .target(name: "CPlatform", path: "Lifecycle/CPlatform", cSettings: c),
    .target(name: "CLLHTTP", path: "Lifecycle/CLLHTTP", cSettings: [.define("LLHTTP_STRICT_MODE", to: "1")]),
    .systemLibrary(name: "CEvent", path: "Lifecycle/CEvent", providers: [.apt(["libevent-dev"]), .brew(["libevent"])]),
    .systemLibrary(name: "CYAML", path: "Lifecycle/CYAML", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    module("Platform", in: "Lifecycle", ["CPlatform"]),
    module("EventLoop", in: "Lifecycle", ["CEvent", "CPlatform", "Platform"]),
    module("Sockets", in: "Lifecycle", ["CPlatform", "EventLoop", "Platform"]),
    module("HTTP", in: "Lifecycle", ["CLLHTTP", "CPlatform", "EventLoop", "Platform", "Sockets"]),
    .systemLibrary(name: "CHash", path: "Lifecycle/CHash", providers: [.apt(["libmd-dev"]), .brew(["libmd"])]),
    .systemLibrary(name: "CMsgPack", path: "Lifecycle/CMsgPack", providers: [.apt(["libmsgpack-dev"]), .brew(["msgpack"])]),
    .systemLibrary(name: "CJansson", path: "Lifecycle/CJansson", providers: [.apt(["libjansson-dev"]), .brew(["jansson"])]),
    module("IPC", in: "Lifecycle", ["CJansson", "CMsgPack", "CPlatform", "EventLoop", "Platform", "Sockets"]),
    module("Configuration", in: "Lifecycle", ["CYAML", "DaemonContract", "Platform"]),
    module("DaemonLifecycle", in: "Lifecycle", ["CPlatform", "DaemonContract", "EventLoop", "HTTP", "Platform"]),
    module("QueenLifecycle", in: "Lifecycle", ["DaemonContract", "DaemonLifecycle"]),
    module("HiveLifecycle", in: "Lifecycle", ["DaemonContract", "DaemonLifecycle"]),
    module("WorkerLifecycle", in: "Lifecycle", ["DaemonContract", "DaemonLifecycle"]),
    module("ContextLifecycle", in: "Lifecycle", ["ContextContract", "DaemonContract", "DaemonLifecycle", "IPC", "Platform"]),
]

let daemons: [Target] = [
    module(
        "DaemonRuntime", in: "Daemons",
        ["Configuration", "CPlatform", "DaemonContract", "DaemonLifecycle", "EventLoop", "HTTP", "OperationContract", "Platform"]),
    module(
        "Queen", in: "Daemons",
        [
            "Configuration", "DaemonContract", "DaemonLifecycle", "DaemonRuntime", "EventLoop", "HTTP", "HiveLifecycle",
            "OperationContract", "Platform",
        ]),
    module(
        "Hive", in: "Daemons",
        [
            "Configuration", "DaemonContract", "DaemonLifecycle", "DaemonRuntime", "EventLoop", "HTTP", "OperationContract", "Platform",
            "WorkerLifecycle",
        ]),
    module(
        "Worker", in: "Daemons",
        ["Configuration", "DaemonContract", "DaemonLifecycle", "DaemonRuntime", "EventLoop", "HTTP", "OperationContract", "Platform"]),
    module(
        "Context", in: "Daemons",
        [
            "CHash", "CPlatform", "Configuration", "ContextContract", "DaemonContract", "DaemonLifecycle", "DaemonRuntime", "EventLoop",
            "IPC",
            "Platform",
        ]),
    main("rbee-context", in: "Daemons", ["Context", "DaemonRuntime"]),
    main("queen-rbee", in: "Daemons", ["DaemonRuntime", "Queen"]),
    main("rbee-hive", in: "Daemons", ["DaemonRuntime", "Hive"]),
    main("rbee-worker", in: "Daemons", ["DaemonRuntime", "Worker"]),
]

let tools: [Target] = [
    .executableTarget(name: "rbee-launch", path: "Tools/rbee-launch", cSettings: c),
    module(
        "KeeperCommands", in: "Tools",
        [
            "Configuration", "ContextContract", "ContextLifecycle", "DaemonContract", "DaemonLifecycle", "EventLoop", "HTTP",
            "HiveLifecycle",
            "OperationContract", "Platform", "QueenLifecycle", "WorkerLifecycle",
        ]),
    main("rbee-keeper", in: "Tools", ["KeeperCommands"]),
    .target(name: "CBench", path: "Tools/CBench", cSettings: c),
    module("BenchReport", in: "Tools"),
    main(
        "rbee-bench", in: "Tools",
        [
            "BenchReport", "CBench", "ContextContract", "ContextLifecycle", "DaemonContract", "DaemonLifecycle", "EventLoop",
            "HiveLifecycle", "IPC", "OperationContract", "Platform", "QueenLifecycle", "WorkerLifecycle",
        ]),
]

let testTargets: [Target] = [
    tests("DaemonContractTests", ["DaemonContract"]),
    tests("OperationContractTests", ["DaemonContract", "OperationContract"]),
    tests("PlatformTests", ["CPlatform", "Platform"]),
    tests("LauncherTests", ["CPlatform", "Platform", "rbee-launch"]),
    tests("EventLoopTests", ["EventLoop", "Platform"]),
    tests("HTTPTests", ["CPlatform", "EventLoop", "HTTP", "Platform"]),
    module("SplitMix", in: "Tests"),
    tests("IPCTests", ["ContextContract", "EventLoop", "IPC", "Platform", "SplitMix"]),
    tests("ConfigurationTests", ["Configuration", "DaemonContract", "Platform"]),
    tests(
        "DaemonLifecycleTests",
        ["DaemonContract", "DaemonLifecycle", "EventLoop", "HTTP", "Platform", "SplitMix", "rbee-launch", "rbee-test-daemon"]),
    testProgram("rbee-test-daemon", in: "TestDaemon", ["DaemonContract", "DaemonRuntime", "EventLoop", "HTTP", "OperationContract"]),
    .executableTarget(name: "rbee-hostile", path: "Tests/HostileDaemon", cSettings: c),
    .executableTarget(name: "rbee-bystander", path: "Tests/Bystander", cSettings: c),
    testProgram(
        "rbee-hotpaths", in: "HotPaths",
        ["ContextContract", "DaemonContract", "DaemonRuntime", "EventLoop", "HTTP", "IPC", "OperationContract", "Platform"]),
    testProgram("rbee-racer", in: "Racer", ["DaemonContract", "DaemonLifecycle"]),
    testProgram(
        "rbee-chaos", in: "Chaos",
        [
            "CPlatform", "ContextContract", "ContextLifecycle", "DaemonContract", "DaemonLifecycle", "EventLoop", "HTTP", "HiveLifecycle",
            "OperationContract", "Platform", "QueenLifecycle", "SplitMix", "WorkerLifecycle",
        ]),
    tests(
        "ChaosTests",
        [
            "DaemonContract", "DaemonHarness", "DaemonLifecycle", "Platform", "rbee-bystander", "rbee-chaos", "queen-rbee", "rbee-context",
            "rbee-hive", "rbee-hostile", "rbee-keeper", "rbee-launch", "rbee-test-daemon", "rbee-worker",
        ]),
    testProgram("readme-example", in: "ReadmeExample", ["DaemonLifecycle", "WorkerLifecycle"]),
    tests(
        "DaemonRuntimeTests",
        ["DaemonContract", "DaemonRuntime", "EventLoop", "HTTP", "OperationContract", "Platform", "SplitMix", "rbee-test-daemon"]),
    module(
        "DaemonHarness", in: "Tests",
        [
            "DaemonContract", "DaemonLifecycle", "EventLoop", "HTTP", "HiveLifecycle", "OperationContract", "Platform", "QueenLifecycle",
            "SplitMix", "WorkerLifecycle",
        ]),
    tests(
        "QueenTests",
        [
            "DaemonContract", "DaemonHarness", "DaemonRuntime", "EventLoop", "HTTP", "OperationContract", "Queen", "SplitMix", "queen-rbee",
            "rbee-launch",
        ]),
    tests(
        "HiveTests",
        [
            "DaemonContract", "DaemonHarness", "DaemonLifecycle", "DaemonRuntime", "EventLoop", "HTTP", "Hive", "OperationContract",
            "Platform", "WorkerLifecycle", "rbee-hive", "rbee-launch", "rbee-worker",
        ]),
    tests(
        "TrioTests",
        [
            "DaemonContract", "DaemonHarness", "DaemonLifecycle", "HTTP", "OperationContract", "queen-rbee", "rbee-hive", "rbee-launch",
            "rbee-worker",
        ]),
    tests(
        "WorkerTests",
        [
            "Configuration", "DaemonContract", "DaemonLifecycle", "DaemonRuntime", "EventLoop", "HTTP", "OperationContract", "Platform",
            "Worker",
            "rbee-launch", "rbee-worker",
        ]
    ),
    tests(
        "ContextTests",
        [
            "Context", "ContextContract", "ContextLifecycle", "DaemonContract", "DaemonHarness", "DaemonLifecycle", "EventLoop", "IPC",
            "Platform", "rbee-context", "rbee-launch",
        ]),
    tests(
        "BenchTests",
        [
            "BenchReport", "DaemonContract", "DaemonHarness", "Platform", "queen-rbee", "rbee-bench", "rbee-context", "rbee-hive",
            "rbee-launch",
            "rbee-worker",
        ]),
    tests("KeeperCommandsTests", ["Configuration", "ContextContract", "DaemonContract", "DaemonLifecycle", "KeeperCommands", "Platform"]),
    .testTarget(
        name: "LawTests",
        dependencies: [
            "CPlatform", "DaemonContract", "DaemonHarness", "DaemonLifecycle", "EventLoop", "HTTP", "OperationContract", "Platform",
            "queen-rbee", "rbee-bystander", "rbee-hive", "rbee-hostile", "rbee-keeper", "rbee-launch", "rbee-racer", "rbee-test-daemon",
            "rbee-worker",
        ], path: "Tests/Laws", swiftSettings: swift),
    .testTarget(
        name: "InterleavingTests",
        dependencies: [
            "DaemonContract", "DaemonLifecycle", "DaemonRuntime", "EventLoop", "HTTP", "OperationContract", "Platform", "SplitMix",
        ],
        path: "Tests/Interleavings", swiftSettings: swift),
    tests(
        "EndToEndTests",
        [
            "DaemonContract", "DaemonHarness", "EventLoop", "HTTP", "OperationContract", "Platform", "queen-rbee", "rbee-context",
            "rbee-hive",
            "rbee-keeper",
            "rbee-launch", "rbee-test-daemon", "rbee-worker",
        ]),
]

let package = Package(
    name: "rbee",
    products: [
        .library(name: "DaemonContract", targets: ["DaemonContract"]),
        .library(name: "OperationContract", targets: ["OperationContract"]),
        .library(name: "ContextContract", targets: ["ContextContract"]),
        .library(name: "DaemonLifecycle", targets: ["DaemonLifecycle"]),
        .library(name: "QueenLifecycle", targets: ["QueenLifecycle"]),
        .library(name: "HiveLifecycle", targets: ["HiveLifecycle"]),
        .library(name: "WorkerLifecycle", targets: ["WorkerLifecycle"]),
        .library(name: "ContextLifecycle", targets: ["ContextLifecycle"]),
        .executable(name: "queen-rbee", targets: ["queen-rbee"]),
        .executable(name: "rbee-hive", targets: ["rbee-hive"]),
        .executable(name: "rbee-worker", targets: ["rbee-worker"]),
        .executable(name: "rbee-context", targets: ["rbee-context"]),
        .executable(name: "rbee-keeper", targets: ["rbee-keeper"]),
        .executable(name: "rbee-launch", targets: ["rbee-launch"]),
    ],
    targets: contracts + lifecycle + daemons + tools + testTargets
)
