internal import Glibc

/// Says what failed, on standard error.
func complain(_ text: String) {
    write("rbee-bench: \(text)\n", to: STDERR_FILENO)
}

/// Prints a result.
func printOut(_ text: String) {
    write("\(text)\n", to: STDOUT_FILENO)
}

private func write(_ text: String, to stream: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { Glibc.write(stream, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { return }
        bytes = bytes.dropFirst(max(0, count))
    }
}
