extension HTTPFraming {
    /// How the fields of a head say that its body ends; `nil` if they say nothing.
    ///
    /// Only one way at a time is accepted: `Content-Length` once, all digits, or `Transfer-Encoding: chunked` and nothing else. Anything
    /// that two readers could understand differently is refused.
    init?(_ headers: HTTPHeaders, minorVersion: Int) throws(HTTPSyntaxError) {
        let lengths = headers.values(of: "Content-Length")
        let codings = headers.values(of: "Transfer-Encoding")
        if let coding = codings.first {
            guard minorVersion == 1 else { throw HTTPSyntaxError("Transfer-Encoding does not belong into HTTP/1.0") }
            guard lengths.isEmpty else { throw HTTPSyntaxError("both Content-Length and Transfer-Encoding are given") }
            guard codings.count == 1, coding.equalsIgnoringCase("chunked") else {
                throw HTTPSyntaxError(.notImplemented, "the only Transfer-Encoding understood is chunked")
            }
            self = .chunked
            return
        }
        guard let length = lengths.first else { return nil }
        guard lengths.count == 1 else { throw HTTPSyntaxError("Content-Length is given more than once") }
        guard !length.isEmpty, length.utf8.count <= 18, length.utf8.allSatisfy(\.isDigit), let value = Int(length) else {
            throw HTTPSyntaxError("Content-Length is not a number")
        }
        self = value == 0 ? .none : .length(value)
    }
}
