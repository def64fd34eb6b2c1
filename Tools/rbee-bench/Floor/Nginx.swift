internal import BenchReport
internal import Glibc
internal import Platform

/// nginx from the distribution, as one process without logs: the floor of a small reply, and a peer for a proxied stream.
final class Nginx {
    /// Where it is: what `RBEE_BENCH_NGINX` names, or where Debian puts it; nil when there is none.
    static var program: String? {
        let named = getenv("RBEE_BENCH_NGINX").map { String(cString: $0) } ?? ""
        return [named, "/usr/sbin/nginx"].first { !$0.isEmpty && access($0, X_OK) == 0 }
    }

    /// For whoever reads a table without its floor.
    static let missing =
        "nginx is not installed, so there is no floor: apt-get install nginx-light, or RBEE_BENCH_NGINX=\"$(scripts/nginx)\""

    let port: UInt16
    private let process: Child
    var pid: Int32 { process.pid }

    /// Starts one that answers `GET /health` itself and passes the rest on.
    ///
    /// - Parameters:
    ///   - folder: for its configuration and its temporary files.
    ///   - upstream: the port of the server behind it.
    /// - Returns: nil when there is no nginx.
    init?(folder: String, upstream: UInt16) throws {
        guard let program = Self.program else { return nil }
        // It cannot have the kernel pick a port: one that was free a moment ago, and another one should somebody have taken it meanwhile.
        for _ in 0..<5 {
            let port = try Self.freePort()
            try AtomicFile.write("\(folder)/nginx.conf", Array(Self.configuration(folder, port, upstream).utf8), durable: false)
            let process = try Child(program, ["-p", folder, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/nginx.log"])
            for _ in 0..<500 {
                if (try? Connection(.tcp(port: port))) != nil {
                    self.port = port
                    self.process = process
                    return
                }
                usleep(2_000)
            }
            process.end()
        }
        throw BenchError("nginx does not listen; it said: \(ProcFolder.text("\(folder)/nginx.log").suffix(500))")
    }

    var address: Connection.Address { .tcp(port: port) }

    private static func configuration(_ folder: String, _ port: UInt16, _ upstream: UInt16) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "    \($0)_temp_path \(folder)/\($0);" }
        return """
            daemon off;
            master_process off;
            pid \(folder)/nginx.pid;
            error_log \(folder)/nginx.log error;
            events { worker_connections 2048; }
            http {
                access_log off;
                keepalive_requests 100000000;
            \(temporary.joined(separator: "\n"))
                upstream behind { server 127.0.0.1:\(upstream); keepalive 16; keepalive_requests 100000000; }
                server {
                    listen 127.0.0.1:\(port);
                    location = /health { default_type application/json; return 200 '{"status":"healthy"}'; }
                    location / {
                        proxy_pass http://behind;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host 127.0.0.1;
                        proxy_buffering off;
                    }
                }
            }

            """
    }

    private static func freePort() throws -> UInt16 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError(errno: errno, "make a socket") }
        let socket = Descriptor(adopting: number)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.rawValue, $0, length) == 0 ? getsockname(socket.rawValue, $0, &length) : -1
            }
        }
        guard result == 0 else { throw SystemError(errno: errno, "find a free port") }
        return UInt16(bigEndian: name.sin_port)
    }
}
