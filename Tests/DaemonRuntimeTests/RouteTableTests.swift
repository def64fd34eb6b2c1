import DaemonRuntime
import Testing

@Suite struct RouteTableTests {
    private func table() -> RouteTable<String> {
        var table = RouteTable<String>()
        table.add("GET", "/health", "health")
        table.add("GET", "/v1/jobs", "list")
        table.add("POST", "/v1/jobs", "create")
        table.add("GET", "/v1/jobs/{id}", "job")
        table.add("DELETE", "/v1/jobs/{id}", "cancel")
        table.add("DELETE", "/v1/jobs/all", "clear")
        table.add("GET", "/v1/jobs/{id}/stream", "stream")
        table.add("GET", "/v1/models/{id...}", "model")
        return table
    }

    private func describe(_ match: RouteTable<String>.Match) -> String {
        switch match {
        case .found(let value, let parameters):
            ([value] + parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
        case .methodNotAllowed(let allowed): "405 " + allowed.joined(separator: ",")
        case .options(let allowed): "options " + allowed.joined(separator: ",")
        case .notFound: "404"
        case .malformed: "400"
        }
    }

    @Test(arguments: [
        ("GET", "/health", "health"),
        ("HEAD", "/health", "health"),
        ("GET", "/health?x=1", "health"),
        ("GET", "/health#x", "health"),
        ("GET", "/%68ealth", "health"),
        ("GET", "/health/", "404"),
        ("GET", "//health", "404"),
        ("GET", "/Health", "404"),
        ("GET", "/", "404"),
        ("GET", "", "400"),
        ("GET", "health", "400"),
        ("OPTIONS", "*", "400"),
        ("POST", "/health", "405 GET,HEAD,OPTIONS"),
        ("OPTIONS", "/health", "options GET,HEAD,OPTIONS"),
        ("BREW", "/health", "405 GET,HEAD,OPTIONS"),
        ("POST", "/v1/jobs", "create"),
        ("HEAD", "/v1/jobs", "list"),
        ("PUT", "/v1/jobs", "405 GET,HEAD,OPTIONS,POST"),
        ("GET", "/v1/jobs/", "404"),
        ("GET", "/v1/jobs/job-1", "job id=job-1"),
        ("GET", "/v1/jobs/a%2Fb", "job id=a/b"),
        ("GET", "/v1/jobs/a%20b?c=d", "job id=a b"),
        ("GET", "/v1/jobs/%", "400"),
        ("GET", "/v1/jobs/%4", "400"),
        ("GET", "/v1/jobs/%zz", "400"),
        ("GET", "/v1/jobs/%00", "400"),
        ("GET", "/v1/jobs/%ff", "400"),
        ("GET", "/v1/jobs/%C3%A9", "job id=é"),
        ("DELETE", "/v1/jobs/job-1", "cancel id=job-1"),
        ("DELETE", "/v1/jobs/all", "clear"),
        ("GET", "/v1/jobs/all", "job id=all"),
        ("PUT", "/v1/jobs/all", "405 DELETE,GET,HEAD,OPTIONS"),
        ("GET", "/v1/jobs/job-1/stream", "stream id=job-1"),
        ("POST", "/v1/jobs/job-1/stream", "405 GET,HEAD,OPTIONS"),
        ("GET", "/v1/jobs/job-1/other", "404"),
        ("GET", "/v1/jobs/job-1/stream/more", "404"),
        ("GET", "/v1/models/tiny", "model id=tiny"),
        ("GET", "/v1/models/org/tiny", "model id=org/tiny"),
        ("GET", "/v1/models/org%2Ftiny", "model id=org/tiny"),
        ("GET", "/v1/models/", "404"),
        ("GET", "/v1/models", "404"),
        ("GET", "/v1/jobs/../../health", "404"),
        ("GET", "/v1/jobs/..", "job id=.."),
    ])
    func matches(method: String, target: String, expected: String) {
        #expect(describe(table().match(method, target: target)) == expected)
    }

    @Test func aParameterIsBehindALiteralWhateverTheOrder() {
        var table = RouteTable<String>()
        table.add("GET", "/{rest...}", "rest")
        table.add("GET", "/{one}", "one")
        table.add("GET", "/literal", "literal")
        table.add("GET", "/{one}/literal", "two")
        #expect(describe(table.match("GET", target: "/literal")) == "literal")
        #expect(describe(table.match("GET", target: "/x")) == "one one=x")
        #expect(describe(table.match("GET", target: "/x/literal")) == "two one=x")
        #expect(describe(table.match("GET", target: "/x/y/z")) == "rest rest=x/y/z")
        #expect(describe(table.match("GET", target: "/")) == "404")
    }

    @Test func anEmptyTableFindsNothing() {
        #expect(describe(RouteTable<String>().match("GET", target: "/")) == "404")
    }
}
