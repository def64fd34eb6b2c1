internal import Glibc

/// Where a program is that somebody has named: at an absolute path, or in one of the folders of `PATH`. Never in the working directory.
package enum ProgramPath {
    /// Why there is none.
    package enum Missing: Error, Sendable, Hashable, CustomStringConvertible {
        case absent(String)
        case notExecutable(String)
        /// A path that depends on the working directory.
        case relative(String)
        case notFound(String, folders: [String])

        package var description: String {
            switch self {
            case .absent(let program): "the program \(program) does not exist"
            case .notExecutable(let program): "the program \(program) cannot be executed"
            case .relative(let program):
                "the program \(program) must be an absolute path or a name in PATH: it does not run in your working directory"
            case .notFound(let program, let folders):
                "no program \(program) in \(folders.joined(separator: ", ")); configure its absolute path"
            }
        }
    }

    private static let usual = "/usr/local/bin:/usr/bin:/bin"

    /// The absolute path of a program.
    ///
    /// - Parameter path: the value of `PATH`.
    package static func find(_ program: String, path: String?) throws(Missing) -> String {
        if program.hasPrefix("/") {
            guard access(program, X_OK) == 0 else { throw errno == ENOENT ? .absent(program) : .notExecutable(program) }
            return program
        }
        guard !program.contains("/") else { throw .relative(program) }
        let folders = (path ?? usual).split(separator: ":").filter { $0.hasPrefix("/") }
        for folder in folders {
            let candidate = "\(folder)/\(program)"
            var about = stat()
            if access(candidate, X_OK) == 0, stat(candidate, &about) == 0, about.st_mode & S_IFMT == S_IFREG { return candidate }
        }
        throw .notFound(program, folders: folders.map(String.init))
    }
}
