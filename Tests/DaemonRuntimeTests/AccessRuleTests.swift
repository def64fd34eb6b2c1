import DaemonRuntime
import Testing

@Suite struct HostRuleTests {
    private let rule = HostRule(hosts: ["Box.local", "10.0.0.5"], origins: ["https://app.example.org"])

    @Test(arguments: [
        "localhost", "LOCALHOST", "localhost:7833", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:7833", "box.local:80", "10.0.0.5",
    ])
    func allowsHost(_ host: String) {
        #expect(rule.allows(host: host))
    }

    @Test(arguments: [
        "", "evil.example", "localhost.evil.example", "evil.example:7833", "127.0.0.1.evil", "localhost:", "localhost:x", "localhost:99999",
        "[::1", "::1", "[::1]x", "[]", ":80", "127.0.0.2", "localhost:80:80", "localhost:+1",
    ])
    func refusesHost(_ host: String) {
        #expect(!rule.allows(host: host))
    }

    @Test(arguments: [
        "http://localhost", "http://localhost:3000", "https://127.0.0.1:8443", "http://[::1]:5", "https://app.example.org",
        "HTTP://LOCALHOST",
    ])
    func allowsOrigin(_ origin: String) {
        #expect(rule.allows(origin: origin))
    }

    @Test(arguments: [
        "null", "", "https://evil.example", "http://localhost.evil.example", "file://", "http://", "http://box.local",
        "https://app.example.org:444", "http://app.example.org", "chrome-extension://localhost", "http://evil.example#localhost",
    ])
    func refusesOrigin(_ origin: String) {
        #expect(!rule.allows(origin: origin))
    }
}

@Suite struct AccessRuleTests {
    private typealias Rule = AccessRule

    private func rule(keys: [String] = []) -> Rule { Rule(uid: 1000, keys: keys) }

    private let all: [Rule.Access] = [.probe, .open, .change, .openAI]

    private func refusal(
        _ rule: Rule, _ access: Rule.Access, _ peer: Rule.Peer, host: String? = "localhost", origin: String? = nil, token: String? = nil
    ) -> Rule.Refusal? {
        rule.refusal(
            access, peer: peer, host: host, origin: origin, authorization: token.map { "Bearer \($0)" },
            token: "the-token")
    }

    @Test func aUnixSocketIsForTheSameUserAndRoot() {
        for access in all {
            for rule in [rule(), rule(keys: ["k"])] {
                #expect(refusal(rule, access, .unix(uid: 1000), host: "anything") == nil)
                #expect(refusal(rule, access, .unix(uid: 0), host: nil) == nil)
                #expect(refusal(rule, access, .unix(uid: 1001)) == .otherUser)
                #expect(refusal(rule, access, .unix(uid: 1001), token: "the-token") == .otherUser, "0600 keeps it out anyway")
            }
        }
    }

    @Test func overTCPChangesNeedTheToken() {
        #expect(refusal(rule(), .change, .loopback(uid: 1000)) == .tokenMissing)
        #expect(refusal(rule(), .change, .loopback(uid: 0)) == .tokenMissing)
        #expect(refusal(rule(), .change, .loopback(uid: 1000), token: "other") == .tokenWrong)
        #expect(refusal(rule(), .change, .loopback(uid: 1000), token: "") == .tokenWrong)
        #expect(refusal(rule(), .change, .loopback(uid: 1000), token: "the-token") == nil)
        #expect(refusal(rule(), .change, .remote) == .tokenMissing)
        #expect(refusal(rule(), .change, .remote, token: "the-token") == nil)
        #expect(
            rule().refusal(.change, peer: .remote, host: "localhost", origin: nil, authorization: "bearer the-token", token: "the-token")
                == nil,
            "the scheme's name has no case")
        #expect(
            rule().refusal(.change, peer: .remote, host: "localhost", origin: nil, authorization: "Basic the-token", token: "the-token")
                == .tokenMissing)
    }

    @Test func lookingNeedsNothing() {
        for access in [Rule.Access.probe, .open, .openAI] {
            #expect(refusal(rule(), access, .loopback(uid: 1000)) == nil)
            #expect(refusal(rule(), access, .remote) == nil)
        }
    }

    @Test func anotherUserOnTheLoopbackNeedsTheToken() {
        for access in all {
            for uid in [1001, nil] as [UInt32?] {
                #expect(refusal(rule(), access, .loopback(uid: uid)) == .otherUser)
                #expect(refusal(rule(), access, .loopback(uid: uid), token: "other") == .otherUser)
                #expect(refusal(rule(), access, .loopback(uid: uid), token: "the-token") == nil)
            }
        }
    }

    @Test func keysAreNeededWhereConfigured() {
        let rule = rule(keys: ["one", "two"])
        for access in [Rule.Access.open, .openAI] {
            #expect(refusal(rule, access, .loopback(uid: 1000)) == .keyMissing)
            #expect(refusal(rule, access, .loopback(uid: 1000), token: "three") == .keyWrong)
            for key in ["one", "two", "the-token"] { #expect(refusal(rule, access, .loopback(uid: 1000), token: key) == nil) }
        }
        #expect(refusal(rule, .probe, .loopback(uid: 1000)) == nil)
        #expect(refusal(rule, .change, .loopback(uid: 1000), token: "one") == .tokenWrong, "a key is no token")
    }

    @Test func hostAndOriginComeFirst() {
        for access in all {
            #expect(refusal(rule(), access, .loopback(uid: 1000), host: "evil.example", token: "the-token") == .host)
            #expect(refusal(rule(), access, .loopback(uid: 1000), host: nil, token: "the-token") == .host)
            #expect(refusal(rule(), access, .loopback(uid: 1000), origin: "https://evil.example", token: "the-token") == .origin)
        }
    }

    @Test func anEmptyTokenOpensNothing() {
        let rule = Rule(uid: 1000, keys: [""])
        for (access, refusal) in [(Rule.Access.change, Rule.Refusal.tokenWrong), (.open, .keyWrong)] {
            #expect(rule.refusal(access, peer: .remote, host: "localhost", origin: nil, authorization: "Bearer ", token: "") == refusal)
        }
    }
}
