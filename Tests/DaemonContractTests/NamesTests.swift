import DaemonContract
import Testing

@Suite("Names")
struct NamesTests {
    @Test(
        "Good instance names", arguments: ["a", "0", "localhost", "tiny-1", "a.b_c-d", "llama-3.2-1b", String(repeating: "a", count: 63)])
    func good(name: String) throws {
        #expect(try InstanceName.validate(name) == name)
        #expect(try DaemonID(kind: .worker, instance: name).instance == name)
    }

    @Test(
        "Bad instance names",
        arguments: [
            "", ".", "..", "-a", "_a", ".a", "A", "a/b", "../a", "a b", "a\0", "a\n", "ä", "a:b", "é", "٣",
            String(repeating: "a", count: 64),
        ])
    func bad(name: String) {
        #expect(!InstanceName.isValid(name))
        #expect {
            try DaemonID(kind: .worker, instance: name)
        } throws: {
            ($0 as? ContractError)?.code == .invalidName
        }
    }

    @Test(
        "Instance names from models",
        arguments: [
            ("tiny", "tiny"), ("Org/Model v1", "org-model-v1"), ("meta-llama/Llama-3.2-1B", "meta-llama-llama-3.2-1b"),
            ("../../etc", "etc"),
            ("", "model"), ("✓✓", "model"), ("  a  ", "a"), ("a//b", "a-b"),
            (String(repeating: "x", count: 200), String(repeating: "x", count: 48)),
        ])
    func slug(model: String, expected: String) {
        let slug = InstanceName.slug(of: model)
        #expect(slug == expected)
        #expect(InstanceName.isValid("\(slug)-1"))
    }

    @Test("Daemon ids as text and JSON")
    func ids() throws {
        let id = try DaemonID(parsing: "worker/tiny-1")
        #expect(id == (try DaemonID(kind: .worker, instance: "tiny-1")))
        #expect(id.description == "worker/tiny-1")
        #expect(try DaemonID(parsing: "hive") == .hive)
        #expect(DaemonID.hive.description == "hive/localhost")
        #expect(DaemonID.queen.description == "queen/default")
        #expect(try ContractJSON.encodeText(id) == "\"worker/tiny-1\"")
        #expect(try ContractJSON.decode(DaemonID.self, text: "\"worker/tiny-1\"") == id)
        #expect(try DaemonID(parsing: "later/x").kind == DaemonKind(rawValue: "later"))
    }

    @Test("Bad daemon ids", arguments: ["", "/", "worker/", "/x", "worker/a/b", "../x", "worker/..", "Worker/x"])
    func badIDs(text: String) {
        #expect(throws: ContractError.self) { try DaemonID(parsing: text) }
        #expect {
            try ContractJSON.decode(DaemonID.self, from: ContractJSON.encode(text))
        } throws: {
            ($0 as? ContractError)?.code == .invalidName
        }
    }

    @Test("Kinds this version does not know decode")
    func kinds() throws {
        #expect(try ContractJSON.decode([DaemonKind].self, text: #"["queen","later"]"#) == [.queen, DaemonKind(rawValue: "later")])
        #expect(DaemonKind.known.map(\.binaryName) == ["queen-rbee", "rbee-hive", "rbee-worker", "rbee-context", "rbee-language"])
        #expect(DaemonKind.queen.defaultPort == 7833)
        #expect(DaemonKind.hive.defaultPort == 7835)
        #expect(DaemonKind.worker.defaultPort == nil)
    }

    @Test("Owners and their part of file names")
    func owners() throws {
        #expect(try OwnerName.fileComponent(OwnerName.keeper) == "keeper")
        #expect(try OwnerName.fileComponent(OwnerName.hive("localhost")) == "hive~localhost")
        for bad in ["", "/", "a/", "a/b/c", "a b", "..", "hive/..", "a~b"] {
            #expect(throws: ContractError.self) { try OwnerName.fileComponent(bad) }
        }
    }
}
