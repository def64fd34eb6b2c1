/// What starting any process costs: `/bin/true`, from `posix_spawn` until it has been waited for.
enum SpawnFloor {
    /// - Returns: milliseconds.
    static func time() throws -> Double {
        try Command(program: "/bin/true", words: []).time()
    }
}
