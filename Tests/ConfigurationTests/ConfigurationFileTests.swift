import Configuration
import FoundationEssentials
import Glibc
import Testing

@Suite("The configuration file")
struct ConfigurationFileTests {
    /// Runs a test in a directory of its own.
    private func inDirectory(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/rbee-configuration-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    private func text(_ path: String) throws -> String? {
        try ConfigurationFile.read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    private func names(in directory: String) -> Set<String> {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: Set<String> = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.insert(name) }
        }
        return names
    }

    private func mode(_ path: String) -> UInt32 {
        var about = stat()
        return stat(path, &about) == 0 ? about.st_mode & 0o777 : 0
    }

    @Test("There need not be one")
    func absent() async throws {
        try await inDirectory { directory throws in
            for path in ["\(directory)/c.yaml", "\(directory)/no/c.yaml"] {
                #expect(try ConfigurationFile.read(path) == nil)
                let (configuration, problems) = Configuration.load(file: path)
                #expect(problems.isEmpty)
                #expect(configuration.file == path)
            }
        }
    }

    @Test("What is no readable file is told of and the rest still counts")
    func unreadable() async throws {
        try await inDirectory { directory throws in
            let fifo = "\(directory)/fifo"
            try #require(mkfifo(fifo, 0o600) == 0)
            let large = "\(directory)/large"
            try write(String(repeating: "#", count: (1 << 20) + 1), to: large)
            for path in [directory, fifo, large, "/proc/self/mem"] {
                let (configuration, problems) = Configuration.load(file: path, flags: ["queen.port": "5"])
                #expect(problems.map(\.kind) == [.unreadable], "\(path)")
                #expect(problems.first?.description.contains(path) == true)
                #expect(configuration[Settings.queenPort] == 5)
            }
        }
    }

    @Test("Setting makes file and directories, for their owner alone")
    func made() async throws {
        try await inDirectory { directory throws in
            let path = "\(directory)/a/b/config.yaml"
            try ConfigurationFile.set("queen.port", to: "7000", in: path)
            #expect(try text(path) == "queen.port: 7000\n")
            #expect(mode(path) == 0o600)
            #expect(mode("\(directory)/a") == 0o700)
            try ConfigurationFile.set("api_keys", to: "one, two three", in: path)
            try ConfigurationFile.set("worker.model", to: "it's #1", in: path)
            let (configuration, problems) = Configuration.load(file: path)
            #expect(problems.isEmpty)
            #expect(configuration[Settings.apiKeys] == ["one", "two three"])
            #expect(configuration[Settings.workerModel] == "it's #1")
            #expect(configuration.entry(Settings.queenPort.key).source == .file(path, line: 1))
            #expect(names(in: "\(directory)/a/b") == ["config.yaml"])
        }
    }

    @Test("Comments, other values, the mode and a link stay")
    func kept() async throws {
        try await inDirectory { directory throws in
            let real = "\(directory)/real.yaml"
            let path = "\(directory)/config.yaml"
            try write("# mine\nqueen:\n  port: 1 # one\nhive.port: 2\n", to: real)
            chmod(real, 0o640)
            try #require(symlink("real.yaml", path) == 0)
            try ConfigurationFile.set("queen.port", to: "3", in: path)
            #expect(try text(real) == "# mine\nqueen:\n  port: 3 # one\nhive.port: 2\n")
            #expect(mode(real) == 0o640)
            #expect(names(in: directory) == ["real.yaml", "config.yaml"])
            var about = stat()
            #expect(lstat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFLNK)
        }
    }

    @Test(
        "What would not validate is refused and nothing is written",
        arguments: [
            ("queen.port", "x", .badValue, "expected a port"), ("queen.prot", "1", .unknownKey, "did you mean queen.port?"),
            ("queen.port", "", .badValue, "expected a port"), ("models", "{}", .notEditable, "edit"),
            ("log.level", "LOUD", .badValue, "one of trace"),
            ("api_keys", "[a", .badValue, "expected a list"), ("http.connections", "99999999999999999999", .badValue, "whole number"),
        ] as [(String, String, ConfigurationError.Code, String)])
    func refused(key: String, value: String, code: ConfigurationError.Code, words: String) async throws {
        try await inDirectory { directory throws in
            #expect {
                try ConfigurationFile.set(key, to: value, in: "\(directory)/config.yaml")
            } throws: {
                guard let error = $0 as? ConfigurationError else { return false }
                return error.code == code && error.message.contains(words)
            }
            #expect(names(in: directory).isEmpty)
        }
    }

    @Test("A file that cannot be understood or written is left alone")
    func leftAlone() async throws {
        try await inDirectory { directory throws in
            let path = "\(directory)/config.yaml"
            try write("queen: [\n", to: path)
            #expect {
                try ConfigurationFile.set("queen.port", to: "1", in: path)
            } throws: {
                ($0 as? ConfigurationError)?.code == .notEditable
            }
            #expect(try text(path) == "queen: [\n")
            #expect {
                try ConfigurationFile.set("queen.port", to: "1", in: "/proc/none/config.yaml")
            } throws: {
                ($0 as? ConfigurationError)?.code == .notWritable
            }
            #expect(names(in: directory) == ["config.yaml"])
        }
    }

    @Test("Changes made at the same time are all kept")
    func together() async throws {
        try await inDirectory { directory async throws in
            let path = "\(directory)/config.yaml"
            let keys = Settings.all.filter { $0.type == .port || $0.type == .boolean || $0.name.hasSuffix(".host") }
            await withTaskGroup(of: Void.self) { group in
                for key in keys {
                    group.addTask {
                        let value = key.type == .boolean ? "false" : "99"
                        #expect(throws: Never.self) { try ConfigurationFile.set(key.name, to: value, in: path) }
                    }
                }
            }
            let (configuration, problems) = Configuration.load(file: path)
            #expect(problems.filter { !$0.kind.isWarning }.isEmpty)
            #expect(keys.count >= 6)
            #expect(keys.allSatisfy { configuration.entry($0).source != .defaults })
            #expect(names(in: directory) == ["config.yaml"])
        }
    }
}
