import Glibc

/// Whether figures are asserted too, and not only counts and content: with RBEE_TIMED=1, which is for a quiet machine.
enum Timed {
    static let isAsked = getenv("RBEE_TIMED").map { String(cString: $0) } == "1"
}
