internal import Glibc
internal import Platform

/// What the kernel shows of a process, whoever it is.
package struct ProcessView: Sendable {
    package let pid: Int32

    package init(_ pid: Int32) {
        self.pid = pid
    }

    /// What each of its descriptors is open on; empty once it is gone.
    package var descriptors: [Int: String] {
        guard let folder = opendir("/proc/\(pid)/fd") else { return [:] }
        defer { closedir(folder) }
        var found: [Int: String] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int(name) { found[number] = Self.destination("/proc/\(pid)/fd/\(name)") }
        }
        return found
    }

    /// Its working directory.
    package var directory: String { Self.destination("/proc/\(pid)/cwd") }

    /// A line of `/proc/PID/status`, such as `SigBlk`, without its name; nil once it is gone.
    package func status(_ name: String) -> String? {
        line(of: "status", beginning: "\(name):")
    }

    /// How many pidfds of another process it has: so many of its tasks wait for the end of that.
    package func watches(of other: Int32) -> Int {
        descriptors.filter { number, target in
            target == "anon_inode:[pidfd]" && line(of: "fdinfo/\(number)", beginning: "Pid:") == "\(other)"
        }.count
    }

    /// How much of the processors it has had, in clock ticks.
    package var ticks: UInt64 {
        let fields = text("stat").split(separator: ")").last?.split(separator: " ") ?? []
        // The first after the name is field 3; 14 and 15 are what it used itself and what the kernel used for it.
        guard fields.count > 12, let own = UInt64(fields[11]), let kernels = UInt64(fields[12]) else { return 0 }
        return own + kernels
    }

    /// Its memory that is nobody else's and no file's, in KiB.
    package var memory: Int {
        status("RssAnon").flatMap { Int($0.split(separator: " ").first ?? "") } ?? 0
    }

    private func line(of file: String, beginning: String) -> String? {
        text(file).split(separator: "\n").first { $0.hasPrefix(beginning) }.map { line in
            String(line.dropFirst(beginning.utf8.count).drop { $0 == "\t" || $0 == " " })
        }
    }

    private func text(_ file: String) -> String {
        let number = open("/proc/\(pid)/\(file)", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return "" }
        return (try? String(decoding: Descriptor(adopting: number).readToEnd(limit: 1 << 20), as: UTF8.self)) ?? ""
    }

    private static func destination(_ link: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink(link, &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }
}
