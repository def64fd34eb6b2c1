import DaemonContract
import Testing

@Suite("Health URLs")
struct HealthURLTests {
    @Test(
        "Base and full URLs come to the same",
        arguments: [
            "http://localhost:7833", "http://localhost:7833/", "http://localhost:7833//", "http://localhost:7833/health",
            "http://localhost:7833/health/", "http://localhost:7833/health?verbose=1", "http://localhost:7833?x=/health",
            "http://localhost:7833/#top", "HTTP://LocalHost:7833/health", "http://localhost:7833/health/health",
        ])
    func same(text: String) throws {
        let url = try HealthURL.normalize(text)
        #expect(url.baseURL == "http://localhost:7833")
        #expect(url.healthURL == "http://localhost:7833/health")
        #expect(url.host == "localhost")
        #expect(url.port == 7833)
        #expect(url.url(DaemonPath.info) == "http://localhost:7833/v1/info")
    }

    @Test(
        "Other hosts, ports and prefixes",
        arguments: [
            ("http://127.0.0.1:1", "http://127.0.0.1:1", "127.0.0.1", 1), ("http://[::1]:65535/health", "http://[::1]:65535", "::1", 65535),
            ("https://example.org/health", "https://example.org", "example.org", 443), ("http://a", "http://a", "a", 80),
            ("http://proxy:8080/hives/one/health", "http://proxy:8080/hives/one", "proxy", 8080),
            ("http://a:1/healthy", "http://a:1/healthy", "a", 1), ("http://a:1/x%20y", "http://a:1/x%20y", "a", 1),
        ] as [(String, String, String, UInt16)])
    func others(text: String, base: String, host: String, port: UInt16) throws {
        let url = try HealthURL.normalize(text)
        #expect(url.baseURL == base)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(try HealthURL.normalize(url.baseURL) == url)
        #expect(try HealthURL.normalize(url.healthURL) == url)
    }

    @Test(
        "What no daemon could answer on is refused",
        arguments: [
            "", "localhost:7833", "/health", "http://", "http:///health", "http://:80", "ftp://a", "unix:///run/x.sock", "http://a:0",
            "http://a:65536", "http://a:-1", "http://a:", "http://a:8x", "http://a:٨", "http://user:pw@a:1", "http://a b:1",
            "http://a:1/\n",
            "http://[::1", "http://[::1]x", "http://[a]:1", "http://a,b:1", "http://%41:1", "http://::1:80", "javascript://x",
        ])
    func refused(text: String) {
        #expect {
            try HealthURL.normalize(text)
        } throws: { error in
            guard let error = error as? ContractError else { return false }
            return error.code == .invalidURL && error.message.contains("http://localhost:7833")
        }
    }
}
