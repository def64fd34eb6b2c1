import Glibc
import Platform
import Testing

@Suite struct AtomicFileTests {
    let home: TemporaryHome

    init() throws {
        home = try TemporaryHome()
    }

    private var path: String { "\(home.path)/config.yaml" }

    @Test func contentAndModeAreKept() throws {
        #expect(try AtomicFile.read(path) == nil)
        try AtomicFile.write(path, [1])
        #expect(try FileIdentity.of(path: path)?.permissions == 0o600)
        chmod(path, 0o644)
        try AtomicFile.write(path, [2])
        #expect(try AtomicFile.read(path) == [2])
        #expect(try FileIdentity.of(path: path)?.permissions == 0o644)
        try AtomicFile.write(path, [3], mode: 0o755, durable: false)
        #expect(try FileIdentity.of(path: path)?.permissions == 0o755)
        #expect(try RunDirectory.open(home.path, create: false)?.list() == ["config.yaml"])
    }

    @Test func aLinkStaysOne() throws {
        mkdir("\(home.path)/dotfiles", 0o700)
        try AtomicFile.write("\(home.path)/dotfiles/rbee.yaml", [1])
        symlink("dotfiles/rbee.yaml", path)
        try AtomicFile.write(path, [2])
        #expect(try AtomicFile.read("\(home.path)/dotfiles/rbee.yaml") == [2])
        #expect(try RunDirectory.open(home.path, create: false)?.stat("config.yaml")?.kind == .symbolicLink)
    }

    @Test func whatCannotBeIsSaid() throws {
        #expect(failure { try AtomicFile.write("\(home.path)/absent/file", []) }?.number == ENOENT)
        mkdir(path, 0o700)
        #expect(failure { try AtomicFile.write(path, []) }?.number == EISDIR)
        #expect(failure { _ = try AtomicFile.read(path) }?.code == .corrupt)
        #expect(try RunDirectory.open(home.path, create: false)?.list() == ["config.yaml"], "nothing is left behind")
        try AtomicFile.write("\(home.path)/long", [1, 2, 3])
        #expect(failure { _ = try AtomicFile.read("\(home.path)/long", limit: 2) }?.code == .corrupt)
    }
}

@Suite struct AccessTokenTests {
    let home: TemporaryHome
    let run: RunDirectory

    init() throws {
        home = try TemporaryHome()
        run = try home.run()
    }

    private func token() throws -> AccessToken {
        try AccessToken.loadOrCreate(in: run) { Issue.record("\($0)") }
    }

    @Test func madeOnceForThisUserOnly() throws {
        #expect(try AccessToken.load(in: run) == nil)
        #expect(try run.list() == [], "looking makes nothing")
        let first = try token()
        #expect(first.text.utf8.count == 64)
        #expect(try run.stat("token")?.permissions == 0o600)
        #expect(try token() == first)
        #expect(try AccessToken.load(in: run) == first)
        #expect("\(first)" == "(token)", "it is not shown by accident")
    }

    @Test func allWhoTryAtOnceGetTheSame() async throws {
        let run = run
        let tokens = try await withThrowingTaskGroup(of: AccessToken.self) { group in
            for _ in 0..<16 { group.addTask { try AccessToken.loadOrCreate(in: run) { Issue.record("\($0)") } } }
            return try await group.reduce(into: Set<AccessToken>()) { $0.insert($1) }
        }
        #expect(tokens.count == 1)
        #expect(try run.list() == ["token"])
    }

    @Test(arguments: [
        "", "\n", "abc", String(repeating: "g", count: 64), String(repeating: "a", count: 65), String(repeating: "A", count: 64),
    ])
    func corruptIsToldAndSetAside(text: String) throws {
        try run.writeAtomically("token", Array(text.utf8))
        #expect(failure { _ = try AccessToken.load(in: run) }?.code == .corrupt)
        var told: [SystemError] = []
        let token = try AccessToken.loadOrCreate(in: run) { told.append($0) }
        #expect(told.count == 1 && told[0].code == .corrupt && told[0].message.contains("token.corrupt-1"))
        #expect(try run.read("token.corrupt-1") == Array(text.utf8))
        #expect(try AccessToken.load(in: run) == token)
    }

    @Test func comparisonIsExact() throws {
        let token = try token()
        #expect(token.matches(token.text))
        for text in [
            "", "x", String(token.text.dropLast()), token.text + "0", token.text.uppercased() + " ", String(token.text.reversed()) + "x",
        ] {
            #expect(!token.matches(text))
        }
        let other = (token.text.hasSuffix("0") ? "1" : "0")
        #expect(!token.matches(token.text.dropLast() + other))
    }
}

@Suite struct BuildIdentifierTests {
    private static func note(_ name: String, type: UInt32, _ content: [UInt8]) -> [UInt8] {
        func word(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
        func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4) }
        let name = Array(name.utf8) + [0]
        return word(UInt32(name.count)) + word(UInt32(content.count)) + word(type) + padded(name) + padded(content)
    }

    /// An ELF file of 64 bits with one segment of notes, in this machine's byte order.
    private static func file(_ notes: [UInt8], offset: UInt64 = 120, size: UInt64? = nil, table: UInt64 = 64, count: UInt16 = 1) -> [UInt8]
    {
        func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
        var file = [0x7F, 0x45, 0x4C, 0x46, 2, UInt16(1).littleEndian == 1 ? 1 : 2, 1] + [UInt8](repeating: 0, count: 25)
        file += bytes(table) + [UInt8](repeating: 0, count: 14) + bytes(UInt16(56)) + bytes(count) + [UInt8](repeating: 0, count: 6)
        file +=
            bytes(UInt32(4)) + bytes(UInt32(4)) + bytes(offset) + bytes(UInt64(0)) + bytes(UInt64(0)) + bytes(size ?? UInt64(notes.count))
        file += bytes(UInt64(0)) + bytes(UInt64(4))
        return file + notes
    }

    private static func identifier(of bytes: [UInt8]) throws -> String? {
        let home = try TemporaryHome()
        try AtomicFile.write("\(home.path)/program", bytes, durable: false)
        return BuildIdentifier.of(path: "\(home.path)/program")
    }

    @Test func linkersNoteIsUsed() throws {
        let id: [UInt8] = [0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3]
        let notes = Self.note("GNU", type: 1, [9, 9, 9, 9]) + Self.note("Go", type: 3, [7]) + Self.note("GNU", type: 3, id)
        #expect(try Self.identifier(of: Self.file(notes)) == "deadbeef010203")
    }

    @Test func otherwiseSizeAndTime() throws {
        let good = Self.file(Self.note("GNU", type: 3, [1, 2]))
        let without: [[UInt8]] = [
            [], Array("#!/bin/sh\n".utf8), Array(good.prefix(63)), Array(good.prefix(100)), Array(good.dropLast(4)), Self.file([]),
            Self.file(Self.note("GNU", type: 3, [])), Self.file(Self.note("GNU", type: 3, [1, 2]), offset: .max),
            Self.file(Self.note("GNU", type: 3, [1, 2]), size: .max), Self.file(Self.note("GNU", type: 3, [1, 2]), table: .max),
            Self.file(Self.note("GNU", type: 3, [1, 2]), table: 1 << 62), Self.file(Self.note("GNU", type: 3, [1, 2]), count: 0),
            Self.file(Self.note("GNU", type: 3, [1, 2]), count: .max), Self.file([UInt8](repeating: 0xFF, count: 64)),
            Self.file([UInt8](repeating: 0, count: 64)), [UInt8](repeating: 0xFF, count: 5000),
        ]
        for bytes in without {
            #expect(try #require(try Self.identifier(of: bytes)).hasPrefix("\(bytes.count)-"))
        }
        #expect(
            BuildIdentifier.of(path: "/nonexistent") == nil && BuildIdentifier.of(path: "/tmp") == nil
                && BuildIdentifier.of(path: "/dev/null") == nil)
    }

    @Test func everyCutOfAFileIsSafe() throws {
        let good = Self.file(Self.note("GNU", type: 3, [1, 2, 3, 4]))
        for length in 0..<good.count { _ = try Self.identifier(of: Array(good.prefix(length))) }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var bytes = good
            bytes[Int.random(in: 4..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            #expect(try Self.identifier(of: bytes) != nil)
        }
    }

    @Test func runningImageIsItsFile() throws {
        #expect(BuildIdentifier.running == BuildIdentifier.of(path: "/proc/self/exe"))
        #expect(BuildIdentifier.running != BuildIdentifier.of(path: "/bin/sh"))
    }
}

@Suite struct DescriptorTests {
    @Test func closedOnce() throws {
        let (reader, writer) = try Descriptor.pipe()
        #expect(reader.isOpen && writer.isOpen)
        writer.close()
        writer.close()
        #expect(writer.rawValue == -1 && !writer.isOpen)
        #expect(try reader.read(upTo: 10) == [])
        let number = reader.release()
        #expect(!reader.isOpen && fcntl(number, F_GETFD) >= 0)
        close(number)
    }

    @Test func closedWithItsOwner() throws {
        let (reader, writer) = try Descriptor.pipe()
        var owner: Descriptor? = try writer.duplicate()
        writer.close()
        try reader.setNonBlocking(true)
        #expect(try reader.read(upTo: 1) == nil, "held by the owner")
        #expect(owner?.isOpen == true)
        owner = nil
        #expect(try eventually { try reader.read(upTo: 1) == [] })
    }

    @Test func limitsAreKept() throws {
        let (reader, writer) = try Descriptor.pipe()
        try writer.write([1, 2, 3])
        writer.close()
        #expect(failure { _ = try reader.readToEnd(limit: 2) }?.number == EFBIG)
        #expect(failure { _ = try writer.read(upTo: 1) }?.number == EBADF)
        #expect(failure { try writer.write([1]) }?.number == EBADF)
    }

    @Test func errorsSayWhatAndWhy() {
        let error = SystemError(errno: ENOENT, "open", path: "/a/b")
        #expect(
            error.message == "cannot open /a/b: No such file or directory (ENOENT)" && error.code == .system && "\(error)" == error.message)
        #expect(SystemError.text(of: 99999) == "error 99999")
    }
}
