/// What a request's head must be beyond its syntax (RFC 9112 §3.2, RFC 9110 §7.2 and §10.1.1).
struct HTTPRequestChecks: Equatable {
    let target: HTTPTarget
    /// The client waits for "100 Continue" before it sends the body.
    let expectsContinue: Bool

    /// - Throws: the answer to a request that must not be served.
    init(_ head: HTTPMessageHead) throws(HTTPSyntaxError) {
        guard head.method.rawValue != "CONNECT" else {
            throw HTTPSyntaxError(.notImplemented, "this is no proxy: CONNECT is not supported")
        }
        guard let target = HTTPTarget(head.target, method: head.method) else {
            throw HTTPSyntaxError("the target is not a path beginning with a slash, or holds a broken escape")
        }
        try Self.checkHost(head, target)
        self.target = target
        expectsContinue = try Self.checkExpectation(head)
    }

    private static func checkHost(_ head: HTTPMessageHead, _ target: HTTPTarget) throws(HTTPSyntaxError) {
        let hosts = head.headers.values(of: "Host")
        guard hosts.count <= 1 else { throw HTTPSyntaxError("Host is given more than once") }
        guard let host = hosts.first else {
            guard head.minorVersion == 0 else { throw HTTPSyntaxError("Host is missing") }
            return
        }
        guard host.utf8.allSatisfy(\.isHostByte) else { throw HTTPSyntaxError("Host is not a host name and port") }
        if let authority = target.authority, !authority.equalsIgnoringCase(host) {
            throw HTTPSyntaxError("Host is not the host that the target names")
        }
    }

    private static func checkExpectation(_ head: HTTPMessageHead) throws(HTTPSyntaxError) -> Bool {
        guard head.minorVersion == 1, let expectation = head.headers["Expect"] else { return false }
        guard expectation.equalsIgnoringCase("100-continue") else {
            throw HTTPSyntaxError(.expectationFailed, "the only expectation understood is 100-continue")
        }
        return head.framing != .none
    }
}

extension UInt8 {
    /// What a host and port may be made of (RFC 3986 §3.2.2): also an address in brackets.
    fileprivate var isHostByte: Bool {
        if isLetter || isDigit { return true }
        switch self {
        case 0x21, 0x24...0x2E, 0x3A, 0x3B, 0x3D, 0x5B, 0x5D, 0x5F, 0x7E: return true  // ! $%&'()*+,-. : ; = [ ] _ ~
        default: return false
        }
    }
}
