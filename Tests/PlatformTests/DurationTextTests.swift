import Platform
import Testing

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("0", Duration.zero), ("0s", .zero), ("500ms", .milliseconds(500)), ("1.5s", .milliseconds(1500)), ("2m", .seconds(120)),
        ("1h", .seconds(3600)),
        ("1h30m", .seconds(5400)), ("1m30s", .seconds(90)), ("1s500ms", .milliseconds(1500)), ("10us", .microseconds(10)),
        ("1d", .seconds(86400)),
        ("0.001s", .milliseconds(1)), ("0.5ms", .microseconds(500)), ("90s", .seconds(90)), ("007s", .seconds(7)),
        ("36525d", .seconds(36525 * 86400)),
        ("1d2h3m4.5s", .milliseconds(93_784_500)),
    ]) func durationsAsPeopleWriteThem(text: String, duration: Duration) throws {
        #expect(try DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", " ", "1", "30", "s", "ms", "-1s", "+1s", "1 s", " 1s", "1s ", "1S", "1sec", "1.s", ".5s", "1..5s", "1.5.5s", "1,5s", "1e3s",
        "1s1s", "1s1m",
        "30s1m", "0x1s", "1w", "inf", "nan", "１s", "99999999999999s", "36526d", "999999999999d", "1h-5m", "1ms1s", "1s\n", "\0", "1y",
    ]) func anythingElseSaysWhatWasExpected(text: String) throws {
        let error = try #require(failure { _ = try DurationText.parse(text) })
        #expect(error.code == .invalidValue && error.message.contains("\"\(text)\""))
    }

    @Test(arguments: [
        (Duration.zero, "0"), (.milliseconds(500), "500ms"), (.milliseconds(1500), "1.5s"), (.seconds(120), "2m"), (.seconds(90), "1m30s"),
        (.seconds(3600), "1h"), (.seconds(5400), "1h30m"), (.microseconds(10), "10us"), (.microseconds(1500), "1.5ms"),
        (.seconds(86400), "1d"),
        (.milliseconds(61_001), "1m1.001s"), (.seconds(-5), "0"), (.nanoseconds(5), "0"), (.microseconds(60_000_500), "1m500us"),
    ]) func writtenAsShortAsCanBe(duration: Duration, text: String) {
        #expect(DurationText.format(duration) == text)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        for _ in 0..<2000 {
            let duration = Duration.microseconds(Int64.random(in: 0...Int64.random(in: 1...3_000_000_000_000_000)))
            #expect(try DurationText.parse(DurationText.format(duration)) == duration, "\(duration)")
        }
    }
}
