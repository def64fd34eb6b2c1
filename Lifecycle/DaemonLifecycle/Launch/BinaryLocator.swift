internal import Glibc
package import Platform

/// Finds the program of a daemon. Never the working directory, never `PATH`: what is started is what was installed.
package struct BinaryLocator: Sendable {
    /// The directories that are looked into, in this order.
    package let places: [String]

    /// - Parameters:
    ///   - home: whose `bin` is looked into after `RBEE_BIN_DIR`.
    ///   - environment: for `RBEE_BIN_DIR` and `HOME`.
    package init(home: RbeeHome, environment: [String: String]) {
        var places: [String] = []
        if let explicit = environment["RBEE_BIN_DIR"], explicit.hasPrefix("/") { places.append(explicit) }
        places.append(home.bin)
        if let beside = RunningExecutable.directory { places.append(beside) }
        if let user = environment["HOME"], user.hasPrefix("/") { places.append("\(user)/.local/bin") }
        places.append("/usr/lib/rbee")
        var seen: Set<String> = []
        self.places = places.filter { seen.insert($0).inserted }
    }

    /// The path of a program, by name or by its explicit path.
    ///
    /// - Throws: `binaryNotFound` with every place that was looked into, or what is wrong with the file that is there.
    package func find(_ name: String) throws(LifecycleError) -> String {
        if name.contains("/") {
            guard name.hasPrefix("/") else {
                throw LifecycleError(.binaryNotFound, "\(name) is not an absolute path: give the whole path of the program", path: name)
            }
            if let problem = Self.problem(with: name) { throw LifecycleError(.binaryNotFound, problem, path: name) }
            return name
        }
        var problems: [String] = []
        for place in places {
            let path = "\(place)/\(name)"
            guard let problem = Self.problem(with: path) else { return path }
            problems.append(problem)
        }
        throw LifecycleError(
            .binaryNotFound,
            "no program \(name): \(problems.joined(separator: "; ")). Install it with `make install`, or set RBEE_BIN_DIR to the folder that holds it"
        )
    }

    private static func problem(with path: String) -> String? {
        do {
            guard let file = try FileIdentity.of(path: path) else { return "\(path) does not exist" }
            guard file.kind == .regular else { return "\(path) is not a file" }
            guard access(path, X_OK) == 0 else {
                return "\(path) is not executable (mode \(String(file.permissions, radix: 8))); run: chmod +x \(path)"
            }
            return nil
        } catch {
            return error.message
        }
    }
}
