/// The rule for the names of instances: `[a-z0-9][a-z0-9._-]{0,62}`, since a name is part of file names.
public enum InstanceName {
    /// The greatest length of a name, in bytes.
    public static let maxLength = 63

    /// Whether a name keeps the rule.
    public static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= maxLength else { return false }
        return isLetterOrDigit(first) && bytes.dropFirst().allSatisfy { isLetterOrDigit($0) || isPunctuation($0) }
    }

    /// Checks a name.
    ///
    /// - Returns: the name.
    /// - Throws: `invalidName`, saying what the rule is.
    @discardableResult
    public static func validate(_ name: String) throws(ContractError) -> String {
        guard isValid(name) else {
            throw ContractError(
                .invalidName,
                "\"\(name)\" is no instance name: expected 1 to \(maxLength) of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"
            )
        }
        return name
    }

    /// A valid name made from any text, such as a model's (`Org/Model v1` becomes `org-model-v1`).
    ///
    /// Different texts may give the same name, so the caller still has to pick a free one (`…-1`, `…-2`).
    /// - Parameters:
    ///   - text: any text.
    ///   - limit: the greatest length of the result, in bytes, to leave room for such an ending.
    public static func slug(of text: String, limit: Int = 48) -> String {
        var bytes: [UInt8] = []
        for byte in text.lowercased().utf8 {
            guard bytes.count < min(max(limit, 1), maxLength) else { break }
            if isLetterOrDigit(byte) || (isPunctuation(byte) && !bytes.isEmpty) {
                bytes.append(byte)
            } else if let last = bytes.last, last != UInt8(ascii: "-") {
                bytes.append(UInt8(ascii: "-"))
            }
        }
        while let last = bytes.last, isPunctuation(last) {
            bytes.removeLast()
        }
        return bytes.isEmpty ? "model" : String(decoding: bytes, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

/// Which daemon: its kind and its instance, written `worker/tiny-1`. At most one process serves it in one run directory.
public struct DaemonID: Hashable, Sendable, CustomStringConvertible {
    /// What kind of daemon it is.
    public let kind: DaemonKind
    /// Which one of its kind.
    public let instance: String

    private init(unchecked kind: DaemonKind, _ instance: String) {
        self.kind = kind
        self.instance = instance
    }

    /// Makes an id.
    ///
    /// - Parameters:
    ///   - kind: the kind.
    ///   - instance: the instance's name; the kind's default when nil.
    /// - Throws: `invalidName` when kind or instance cannot be part of a file name.
    public init(kind: DaemonKind, instance: String? = nil) throws(ContractError) {
        guard InstanceName.isValid(kind.rawValue) else {
            throw ContractError(.invalidName, "\"\(kind.rawValue)\" is no kind of daemon: expected one of \(Self.kinds)")
        }
        self.init(unchecked: kind, try InstanceName.validate(instance ?? kind.defaultInstance))
    }

    /// Reads `kind/instance`, or a kind alone, which means its default instance.
    ///
    /// - Throws: `invalidName` when the text is neither.
    public init(parsing text: String) throws(ContractError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        try self.init(kind: DaemonKind(rawValue: String(parts.first ?? "")), instance: parts.count == 2 ? String(parts[1]) : nil)
    }

    /// The queen of this run directory.
    public static let queen = DaemonID(unchecked: .queen, DaemonKind.queen.defaultInstance)
    /// The hive of this machine.
    public static let hive = DaemonID(unchecked: .hive, DaemonKind.hive.defaultInstance)

    /// `kind/instance`.
    public var description: String { "\(kind.rawValue)/\(instance)" }

    private static var kinds: String { DaemonKind.known.map(\.rawValue).joined(separator: ", ") }
}

extension DaemonID: Codable {
    /// Reads the text `kind/instance`.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do {
            self = try DaemonID(parsing: text)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.message, underlyingError: error))
        }
    }

    /// Writes the text `kind/instance`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
