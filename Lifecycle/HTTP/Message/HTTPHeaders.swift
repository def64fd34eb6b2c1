/// Header fields in the order they came; names compare without regard to case.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package private(set) var fields: [Field]

    package init() {
        fields = []
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    package var isEmpty: Bool { fields.isEmpty }

    /// The first value of `name`. Setting replaces all of them; `nil` removes them.
    package subscript(_ name: String) -> String? {
        get { fields.first { $0.name.equalsIgnoringCase(name) }?.value }
        set {
            fields.removeAll { $0.name.equalsIgnoringCase(name) }
            if let newValue {
                add(name, newValue)
            }
        }
    }

    /// Every value of `name`, in order.
    package func values(of name: String) -> [String] {
        fields.compactMap { $0.name.equalsIgnoringCase(name) ? $0.value : nil }
    }

    package func contains(_ name: String) -> Bool {
        fields.contains { $0.name.equalsIgnoringCase(name) }
    }

    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    package mutating func reserveCapacity(_ count: Int) {
        fields.reserveCapacity(count)
    }

    /// The elements of all comma-separated lists of `name`, trimmed: what `Connection` and `Transfer-Encoding` are made of.
    package func tokens(of name: String) -> [Substring] {
        values(of: name).flatMap { value in
            value.split(separator: ",").map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
        }
    }

    /// Whether a comma-separated list of `name` has the element `token`, without regard to case.
    package func has(_ token: String, in name: String) -> Bool {
        guard contains(name) else { return false }
        return tokens(of: name).contains { $0.equalsIgnoringCase(token) }
    }

    /// How long the sender keeps an idle connection: `Keep-Alive: timeout=5`.
    var keepAliveTimeout: Duration? {
        guard contains("Keep-Alive") else { return nil }
        let parameter = tokens(of: "Keep-Alive").first { $0.prefix(8).equalsIgnoringCase("timeout=") }
        return parameter.flatMap { Int32($0.dropFirst(8)) }.map { .seconds($0) }
    }

    /// The first field that could break the framing of a message if it were sent: a name that is no token, a value with a control character.
    func firstUnsendable() -> Field? {
        fields.first { !$0.name.isToken || !$0.value.isFieldValue }
    }
}

extension HTTPHeaders: Equatable {}
