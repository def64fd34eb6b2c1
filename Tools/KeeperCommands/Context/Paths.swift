internal import Glibc

extension KeeperContext {
    /// A path as typed, made independent of the working directory.
    func absolute(_ path: String) -> String {
        AbsolutePath.of(path)
    }
}

enum AbsolutePath {
    static func of(_ path: String) -> String {
        if path == ".", let here = getcwd(nil, 0) {
            defer { free(here) }
            return String(cString: here)
        }
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        let directory = String(cString: here)
        return (directory == "/" ? "" : directory) + "/" + path
    }
}
