import CYAML

/// Reads YAML through libyaml into one tree, within limits.
///
/// One document is read. Aliases are refused, since a few of them can stand for gigabytes; so are anchors, tags and names that are
/// no scalars, which a configuration does not need.
package struct YAMLParser {
    /// How much a document may hold.
    package struct Limits: Hashable, Sendable {
        /// Its length in bytes.
        package var bytes = 1 << 20
        /// How deeply lists and mappings may be nested.
        package var depth = 32
        /// How many pieces there may be.
        package var nodes = 20_000

        /// Limits for a file that people write.
        package init() {}
    }

    /// Where and why a document could not be read.
    package struct Failure: Error, Hashable, Sendable {
        /// The line, counted from 1; 0 if no line is at fault.
        package let line: Int
        /// What is wrong, for people.
        package let message: String
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let limits: Limits
    /// The scalars before what the parser sees.
    private let offset: Int
    private var nodes = 0

    /// Reads a document.
    ///
    /// - Returns: its tree, or nil if it holds nothing but comments.
    /// - Throws: the first fault, with its line.
    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(Failure) -> YAMLNode? {
        guard bytes.count <= limits.bytes else {
            throw Failure(line: 0, message: "is longer than \(limits.bytes) bytes")
        }
        // A byte order mark would count as the first column, and set the first name apart from the others.
        let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { throw Failure(line: 0, message: "cannot be read: out of memory") }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        // libyaml keeps a pointer into the input, so all of the parsing happens within its lifetime.
        let result: Result<YAMLNode?, Failure> = bytes.dropFirst(mark ? 3 : 0).withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var reader = YAMLParser(parser: parser, limits: limits, offset: mark ? 1 : 0)
            do throws(Failure) {
                return .success(try reader.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads a document from text.
    package static func parse(text: String, limits: Limits = Limits()) throws(Failure) -> YAMLNode? {
        try parse(Array(text.utf8), limits: limits)
    }

    private init(parser: UnsafeMutablePointer<yaml_parser_t>, limits: Limits, offset: Int) {
        self.parser = parser
        self.limits = limits
        self.offset = offset
    }

    private mutating func document() throws(Failure) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: return root
            case .other: break
            case .documentStart:
                guard root == nil else { throw Failure(line: event.line, message: "a second document begins here; expected only one") }
                let node = try self.node(try next(), depth: 0)
                root = node.isNull && node.start == node.end ? nil : node
            case .scalar, .sequenceStart, .mappingStart, .collectionEnd:
                throw Failure(line: event.line, message: "is no document")
            }
        }
    }

    private mutating func node(_ event: Event, depth: Int) throws(Failure) -> YAMLNode {
        nodes += 1
        guard nodes <= limits.nodes else { throw Failure(line: event.line, message: "more than \(limits.nodes) values") }
        guard depth <= limits.depth else { throw Failure(line: event.line, message: "nested more than \(limits.depth) deep") }
        switch event.kind {
        case .scalar(let text, let quoted):
            return YAMLNode(content: .scalar(text, quoted: quoted), line: event.line, start: event.start, end: event.end, isFlow: false)
        case .sequenceStart(let isFlow):
            var elements: [YAMLNode] = []
            while true {
                let inner = try next()
                if case .collectionEnd = inner.kind {
                    // The end of a block is reported where the next thing begins, behind comments and blank lines.
                    let end = isFlow ? inner.end : elements.last?.end ?? event.end
                    return YAMLNode(content: .sequence(elements), line: event.line, start: event.start, end: end, isFlow: isFlow)
                }
                elements.append(try node(inner, depth: depth + 1))
            }
        case .mappingStart(let isFlow):
            var members: [YAMLNode.Member] = []
            while true {
                let inner = try next()
                if case .collectionEnd = inner.kind {
                    let end = isFlow ? inner.end : members.last?.value.end ?? event.end
                    return YAMLNode(content: .mapping(members), line: event.line, start: event.start, end: end, isFlow: isFlow)
                }
                let key = try node(inner, depth: depth + 1)
                guard let name = key.scalar else {
                    throw Failure(line: key.line, message: "expected a name before ':', found \(key.summary)")
                }
                members.append(YAMLNode.Member(key: key, name: name, value: try node(try next(), depth: depth + 1)))
            }
        case .streamEnd, .documentStart, .collectionEnd, .other:
            throw Failure(line: event.line, message: "ends too early")
        }
    }

    private struct Event {
        enum Kind {
            case scalar(String, quoted: Bool)
            case sequenceStart(isFlow: Bool)
            case mappingStart(isFlow: Bool)
            case collectionEnd
            case documentStart
            case streamEnd
            case other
        }

        let kind: Kind
        let line: Int
        let start: Int
        let end: Int
    }

    private func next() throws(Failure) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        let line = event.start_mark.line + 1
        let kind: Event.Kind
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuse(anchor: scalar.anchor, tag: scalar.tag, line)
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            kind = .scalar(text, quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
        case YAML_SEQUENCE_START_EVENT:
            let sequence = event.data.sequence_start
            try refuse(anchor: sequence.anchor, tag: sequence.tag, line)
            kind = .sequenceStart(isFlow: sequence.style == YAML_FLOW_SEQUENCE_STYLE)
        case YAML_MAPPING_START_EVENT:
            let mapping = event.data.mapping_start
            try refuse(anchor: mapping.anchor, tag: mapping.tag, line)
            kind = .mappingStart(isFlow: mapping.style == YAML_FLOW_MAPPING_STYLE)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: kind = .collectionEnd
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_STREAM_END_EVENT: kind = .streamEnd
        case YAML_ALIAS_EVENT: throw Failure(line: line, message: "aliases (*name) are not supported; write the value out")
        default: kind = .other
        }
        return Event(kind: kind, line: line, start: event.start_mark.index + offset, end: event.end_mark.index + offset)
    }

    private func refuse(anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, _ line: Int) throws(Failure) {
        guard anchor == nil else { throw Failure(line: line, message: "anchors (&name) are not supported") }
        guard tag == nil else { throw Failure(line: line, message: "tags (!name) are not supported") }
    }

    private func failure() -> Failure {
        let about = parser.pointee
        let problem = about.problem.map { String(cString: $0) } ?? "cannot be read"
        guard about.error != YAML_MEMORY_ERROR else { return Failure(line: 0, message: "cannot be read: out of memory") }
        guard about.error != YAML_READER_ERROR else { return Failure(line: about.mark.line + 1, message: "is no UTF-8 text: \(problem)") }
        let context = about.context.map { "\(String(cString: $0)) at line \(about.context_mark.line + 1): " } ?? ""
        return Failure(line: about.problem_mark.line + 1, message: "is no valid YAML: \(context)\(problem)")
    }
}
