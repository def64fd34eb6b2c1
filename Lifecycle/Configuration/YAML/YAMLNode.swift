/// A piece of a YAML document, with the place it stands at.
package struct YAMLNode: Hashable, Sendable {
    /// What a piece may be.
    package enum Content: Hashable, Sendable {
        /// A text. Its type is whatever the key it belongs to says; `quoted` ones are never null.
        case scalar(String, quoted: Bool)
        /// A list.
        case sequence([YAMLNode])
        /// Named members in the order of the document; a name may stand there twice.
        case mapping([Member])
    }

    /// A name and what belongs to it.
    package struct Member: Hashable, Sendable {
        /// The name, always a scalar.
        package let key: YAMLNode
        /// The name's text.
        package let name: String
        /// What belongs to it.
        package let value: YAMLNode
    }

    /// What it is.
    package let content: Content
    /// Its first line, counted from 1.
    package let line: Int
    /// Where it begins, in Unicode scalars from the start of the document.
    package let start: Int
    /// Where it ends, in Unicode scalars from the start of the document, without what follows it.
    package let end: Int
    /// Whether a list or mapping is written in brackets.
    package let isFlow: Bool

    /// The text of a scalar, or nil for anything else.
    package var scalar: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// Whether it is an unquoted `null`, `~` or nothing at all, which all mean that nothing was said.
    package var isNull: Bool {
        guard case .scalar(let text, quoted: false) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What was found, for messages about what was expected.
    package var summary: String {
        switch content {
        case .scalar(let text, _):
            if isNull { return "nothing" }
            return text.count > 80 ? "\"\(text.prefix(80))…\"" : "\"\(text)\""
        case .sequence(let elements): return elements.isEmpty ? "an empty list" : "a list"
        case .mapping: return "a mapping"
        }
    }

    /// The text of the scalars of a list, or nil if this is no list of scalars.
    package var scalars: [String]? {
        guard case .sequence(let elements) = content else { return nil }
        let texts = elements.compactMap(\.scalar)
        return texts.count == elements.count ? texts : nil
    }
}
