@testable import Configuration
import Testing

@Suite("Suggestions, sizes")
struct SuggestionTests {
    @Test(
        "Distances",
        arguments: [
            ("", "", 0), ("a", "", 1), ("", "ab", 2), ("port", "prot", 1), ("port", "part", 1), ("kitten", "sitting", 3), ("abc", "abc", 0),
        ])
    func distance(left: String, right: String, distance: Int) {
        #expect(Suggestion.distance(left, right) == distance)
        #expect(Suggestion.distance(right, left) == distance)
    }

    @Test("Only what is near is suggested")
    func near() {
        #expect(Suggestion.nearest(to: "statsu", among: ["status", "stop"]) == "status")
        #expect(Suggestion.nearest(to: "xyz", among: ["status", "stop"]) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 1000), among: ["a"]) == nil)
        #expect(Suggestion.nearest(to: "a", among: []) == nil)
    }

    @Test(
        "Sizes",
        arguments: [
            ("0", 0), ("512", 512), ("1KiB", 1024), ("64KiB", 65_536), ("16MiB", 16 << 20), ("2GiB", 2 << 30), ("1000B", 1000),
            ("", nil), ("KiB", nil), ("-1", nil), ("1.5MiB", nil), ("1 KiB", nil), ("1kb", nil), ("9999999999999", nil),
            ("999999999999GiB", nil),
        ] as [(String, Int?)])
    func sizes(text: String, bytes: Int?) {
        #expect(ByteSizeText.parse(text) == bytes)
        if let bytes { #expect(ByteSizeText.parse(ByteSizeText.format(bytes)) == bytes) }
    }
}
