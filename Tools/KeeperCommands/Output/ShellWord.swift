/// A text as one word of a shell's command line.
enum ShellWord {
    static func quoted(_ text: String) -> String {
        PlainWord.isPlain(text, also: "%") ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}

/// A text that means itself wherever a command line is written down.
enum PlainWord {
    /// - Parameter also: characters, of ASCII, that mean nothing else there either.
    static func isPlain(_ text: String, also: String = "") -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "/._-+=:,@".utf8.contains(byte) || also.utf8.contains(byte)
                }
            }
    }
}
