import Testing

@testable import HTTP

struct HTTPEndpointURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:7833", HTTPEndpoint.tcp(host: "127.0.0.1", port: 7833)), ("http://localhost", .tcp(host: "localhost", port: 80)),
        ("http://localhost:1/", .tcp(host: "localhost", port: 1)), ("http://[::1]:65535", .tcp(host: "::1", port: 65535)),
        ("http://[::1]", .tcp(host: "::1", port: 80)), ("unix:///run/a b/x.sock", .unix(path: "/run/a b/x.sock")),
    ])
    func baseURLs(_ url: String, _ endpoint: HTTPEndpoint) {
        #expect(HTTPEndpoint(url: url) == endpoint)
    }

    @Test(arguments: [
        "", "http://", "http:///x", "http://h:0", "http://h:65536", "http://h:", "http://h:x", "http://h/path", "http://u@h", "http://h?q",
        "https://h", "unix://", "unix://relative", "unix:///", "h:80", "http://[::1", "http://[::1]x", "http://:80",
    ])
    func anythingElse(_ url: String) {
        #expect(HTTPEndpoint(url: url) == nil)
    }
}
