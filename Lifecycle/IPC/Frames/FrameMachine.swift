/// Takes the bytes of one direction of a connection apart into messages: frames of a little-endian length and a body, or lines of raw JSON.
///
/// Which of the two a connection speaks is known after its first four bytes: text that begins with `{` or `[`, read as a length, is at least
/// 0x09000000 and so beyond any limit. It stays so for the rest of the connection. Pure: however the input is cut into pieces, the same messages come out.
package struct FrameMachine: Sendable {
    /// How the other side writes.
    package enum Form: Sendable, Equatable {
        /// A u32 of little-endian length, then so many bytes.
        case frames
        /// JSON, one message a line.
        case lines
    }

    package enum Event: Sendable, Equatable {
        /// A whole body. It may be empty.
        case message([UInt8], Form)
        /// A message that is larger than allowed, with the length that a frame says it has. Nothing comes after it.
        case tooLarge(Int?, Form)
        /// The input ended within a message. Nothing comes after it.
        case cutShort(Form)
    }

    private enum State {
        /// Fewer than four bytes have come. Can become `reading` or `over`.
        case undecided
        /// Can become `over`.
        case reading(Form)
        /// Whatever comes is ignored. The end.
        case over
    }

    /// The largest body, in bytes.
    package let limit: Int

    private var state = State.undecided
    private var input: [UInt8] = []
    /// What of `input` has been used.
    private var used = 0
    /// How far a line has been looked through for its end, from `used`.
    private var searched = 0
    private var inputEnded = false

    private static let headSize = 4
    private static let newline = UInt8(ascii: "\n")

    /// - Parameter limit: the largest body, in bytes; at least 4 and at most the largest u32 that is no ASCII text.
    package init(limit: Int = 1 << 20) {
        self.limit = min(max(limit, Self.headSize), 0x08ff_ffff)
    }

    /// More input.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        if case .over = state { return }
        input.append(contentsOf: bytes)
    }

    /// There is no more input.
    package mutating func end() {
        inputEnded = true
    }

    /// Bytes that have come and are not yet a message that was handed out.
    package var buffered: Int { input.count - used }

    /// Whether the beginning of a message is there and its end is not. Only true after ``next()`` returned nil.
    package var isWithinMessage: Bool { buffered > 0 }

    /// How the other side writes, as far as can be told.
    package var form: Form {
        if case .reading(let form) = state { return form }
        return mayBeText(input.first) ? .lines : .frames
    }

    private func mayBeText(_ first: UInt8?) -> Bool { first == UInt8(ascii: "{") || first == UInt8(ascii: "[") }

    /// The next message, if it is all there.
    package mutating func next() -> Event? {
        while true {
            switch state {
            case .undecided:
                guard decide() else { return nil }
            case .reading(.frames):
                return nextFrame()
            case .reading(.lines):
                return nextLine()
            case .over:
                return nil
            }
        }
    }

    /// Whether it is known now how the other side writes.
    private mutating func decide() -> Bool {
        let begin = input.prefix(Self.headSize)
        guard !begin.isEmpty, begin.count == Self.headSize || inputEnded else { return false }
        let isText = mayBeText(begin.first) && begin.dropFirst().allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        state = .reading(isText ? .lines : .frames)
        return true
    }

    private func length(of head: ArraySlice<UInt8>) -> Int {
        head.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func nextFrame() -> Event? {
        guard buffered >= Self.headSize else { return cutShort(.frames) }
        let length = length(of: input[used..<used + Self.headSize])
        guard length <= limit else { return end(with: .tooLarge(length, .frames)) }
        guard buffered >= Self.headSize + length else { return cutShort(.frames) }
        let start = used + Self.headSize
        let body = Array(input[start..<start + length])
        use(Self.headSize + length)
        return .message(body, .frames)
    }

    private mutating func nextLine() -> Event? {
        while true {
            let rest = input[(used + searched)...]
            guard let newline = rest.firstIndex(of: Self.newline) else {
                searched = buffered
                guard buffered <= limit else { return end(with: .tooLarge(nil, .lines)) }
                // The last line needs no end.
                guard inputEnded, buffered > 0 else { return nil }
                let line = Array(input[used...])
                use(line.count)
                if line.allSatisfy(isBlank) { return nil }
                return .message(line, .lines)
            }
            let line = Array(input[used..<newline])
            use(line.count + 1)
            guard line.count <= limit else { return end(with: .tooLarge(nil, .lines)) }
            if line.allSatisfy(isBlank) { continue }
            return .message(line, .lines)
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

    /// Nothing now; at the end of the input the rest is an error.
    private mutating func cutShort(_ form: Form) -> Event? {
        inputEnded && buffered > 0 ? end(with: .cutShort(form)) : nil
    }

    private mutating func end(with event: Event) -> Event {
        state = .over
        input = []
        used = 0
        return event
    }

    private mutating func use(_ count: Int) {
        used += count
        searched = 0
        if used == input.count {
            input.removeAll(keepingCapacity: input.capacity <= 4096)
            used = 0
        } else if used > 65_536 {
            input.removeFirst(used)
            used = 0
        }
    }

    /// A value as one frame of MessagePack.
    package static func frame(of value: MessageValue) -> [UInt8] {
        var frame = MessagePack.bytes(of: value, head: headSize)
        let length = UInt32(clamping: frame.count - headSize)
        for index in 0..<headSize { frame[index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
        return frame
    }
}
