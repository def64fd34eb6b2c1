import Testing

@testable import Worker

@Suite struct BuiltinEngineTests {
    @Test func zeroTemperatureAlwaysSaysTheSame() async throws {
        let first = try await builtin.complete("The queen")
        let second = try await BuiltinEngine().complete("The queen")
        #expect(first == second)
        #expect(!first.text.isEmpty)
    }

    @Test func aSeedMakesChanceRepeatable() async throws {
        let texts = try await (0..<8).asyncMap { try await builtin.complete("A bee", temperature: 1.5, seed: $0).text }
        let again = try await (0..<8).asyncMap { try await builtin.complete("A bee", temperature: 1.5, seed: $0).text }
        #expect(texts == again)
        #expect(Set(texts).count > 1)
    }

    @Test func theQuestionDecidesTheAnswer() async throws {
        #expect(try await builtin.chat("What is a daemon?").text.contains("runs in the background"))
        #expect(try await builtin.chat("How do I stop a daemon?").text.hasPrefix("To stop a daemon"))
        #expect(try await builtin.chat("why do bees dance").text.contains("waggle dance"))
    }

    @Test func itSaysWhatItIs() async throws {
        #expect(try await builtin.chat("Who are you?").text.contains("n-gram"))
        #expect(try await builtin.chat("Qwertz uiop?").text.hasPrefix("I have nothing to say about that"))
        #expect(builtin.profile.owner == "rbee")
        #expect(builtin.profile.summary.contains("n-gram"))
        #expect(builtin.profile.fingerprint == BuiltinEngine().profile.fingerprint)
        #expect(builtin.profile.fingerprint != BuiltinEngine(texts: ["another text"]).profile.fingerprint)
    }

    @Test func usageCountsTheTokensOfTheTokenizer() async throws {
        let answer = try await builtin.complete("The queen lays zorp", maxTokens: 7)
        #expect(answer.end == GenerationEnd(reason: .length, promptTokens: 3 + " zorp".utf8.count, completionTokens: 7))
        // Without stop strings every token is one piece.
        #expect(answer.pieces.count == 7)

        let full = try await builtin.complete("The queen")
        #expect(full.end.reason == .stop)
        #expect(full.end.completionTokens == full.pieces.count)
    }

    @Test func aChatCountsItsRolesToo() async throws {
        let tokenizer = Tokenizer(vocabularyOf: Corpus.texts.map { Array($0.utf8) })
        let rendered = "system: Be brief.\nuser: What is a process?\nassistant:"
        let generation = try builtin.begin(
            GenerationRequest(
                prompt: .chat([.init(role: "system", content: "Be brief."), .init(role: "user", content: "What is a process?")])
            )
        )
        #expect(generation.promptTokens == tokenizer.encode(Array(rendered.utf8))?.count)
    }

    @Test(arguments: 1...60) func theTokenLimitIsExact(_ limit: Int) async throws {
        let full = try await builtin.complete("A worker bee")
        let answer = try await builtin.complete("A worker bee", maxTokens: limit)
        #expect(answer.end.completionTokens == min(limit, full.end.completionTokens))
        #expect(answer.end.reason == (limit <= full.end.completionTokens ? .length : .stop))
        #expect(full.text.hasPrefix(answer.text))
    }

    @Test func anEmptyPromptBegins() async throws {
        let answer = try await builtin.complete("", maxTokens: 1)
        #expect(answer.end == GenerationEnd(reason: .length, promptTokens: 0, completionTokens: 1))
        #expect(answer.pieces.count == 1)
        let chat = try await builtin.answer(GenerationRequest(prompt: .chat([])))
        #expect(!chat.text.isEmpty)
    }

    @Test func aStopStringEndsTheTextAndIsNotInIt() async throws {
        let full = try await builtin.complete("The queen").text
        // Every place in the answer as the beginning of a stop string, some of which span several tokens.
        for offset in stride(from: 0, to: full.unicodeScalars.count - 12, by: 5) {
            let start = full.unicodeScalars.index(full.unicodeScalars.startIndex, offsetBy: offset)
            let stop = String(full.unicodeScalars[start...].prefix(12))
            let answer = try await builtin.complete("The queen", stop: [stop, "never said"])
            #expect(answer.text + stop == full.prefix(answer.text.count + stop.count))
            #expect(!answer.text.contains(stop))
            #expect(answer.end.reason == .stop)
            #expect(answer.pieces.allSatisfy { !$0.isEmpty })
        }
    }

    @Test func aStopStringThatDoesNotComeChangesNothing() async throws {
        let full = try await builtin.complete("The queen")
        let answer = try await builtin.complete("The queen", stop: ["the workers decide the weather", "\u{1F41D}"])
        #expect(answer.text == full.text)
        #expect(answer.end == full.end)
    }

    @Test func textHeldBackForAStopIsGivenOutAtTheLimit() async throws {
        let limited = try await builtin.complete("The queen", maxTokens: 5)
        let last = try #require(limited.pieces.last)
        let held = try await builtin.complete("The queen", maxTokens: 5, stop: [last + " and what never follows"])
        #expect(held.text == limited.text)
        #expect(held.end == limited.end)
    }

    @Test func noPieceCutsACharacter() async throws {
        // The texts hold letters of more than one byte; every piece is a string of whole ones by its type, so what can
        // go wrong is a replacement character.
        for seed in 0..<20 {
            let answer = try await builtin.complete("A microsecond", temperature: 1.2, seed: UInt64(seed))
            #expect(!answer.text.unicodeScalars.contains("\u{FFFD}"))
        }
        #expect(try await builtin.complete("A microsecond").text.contains("µs"))
    }

    @Test func aPromptBeyondTheWindowIsRefused() async throws {
        let window = BuiltinEngine.contextWindow
        let fits = try await builtin.complete(String(repeating: "\n", count: window - 1), maxTokens: 9)
        #expect(fits.end == GenerationEnd(reason: .length, promptTokens: window - 1, completionTokens: 1))
        for (prompt, parameter) in [
            (GenerationRequest.Prompt.text(String(repeating: "\n", count: window)), "prompt"),
            (.text(String(repeating: "z", count: 4 << 20)), "prompt"),
            (.chat([.init(role: "user", content: String(repeating: "bee ", count: window))]), "messages"),
        ] {
            let error = #expect(throws: EngineError.self) { try builtin.begin(GenerationRequest(prompt: prompt)) }
            #expect(error?.code == .promptTooLong)
            #expect(error?.parameter == parameter)
        }
    }

    @Test(arguments: [
        (GenerationRequest(prompt: .text(""), maxTokens: 0), "max_tokens"),
        (GenerationRequest(prompt: .text(""), maxTokens: -1), "max_tokens"),
        (GenerationRequest(prompt: .text(""), sampling: .init(temperature: -0.1)), "temperature"),
        (GenerationRequest(prompt: .text(""), sampling: .init(temperature: 2.1)), "temperature"),
        (GenerationRequest(prompt: .text(""), sampling: .init(temperature: .nan)), "temperature"),
        (GenerationRequest(prompt: .text(""), sampling: .init(topP: 1.1)), "top_p"),
        (GenerationRequest(prompt: .text(""), sampling: .init(topP: -1)), "top_p"),
    ])
    func whatMakesNoSenseIsRefusedByName(_ request: GenerationRequest, _ parameter: String) {
        let error = #expect(throws: EngineError.self) { try builtin.begin(request) }
        #expect(error?.code == .invalidParameter)
        #expect(error?.parameter == parameter)
    }

    @Test func anEndStaysTheEnd() async throws {
        var generation = try builtin.begin(GenerationRequest(prompt: .text("The"), maxTokens: 1))
        _ = try await generation.next()
        let end = try await generation.next()
        #expect(try await generation.next() == end)
    }

    @Test func cancellingStopsTheGeneration() async throws {
        let task = Task {
            // A task learns of its cancellation only by asking; this one asks at every step, without end.
            while true { _ = try await builtin.complete("A bee", temperature: 1) }
        }
        task.cancel()
        let result = await task.result
        let error = #expect(throws: EngineError.self) { try result.get() }
        #expect(error?.code == .cancelled)
    }

    @Test func vectorsAreStableNormalisedAndAlikeForLikeTexts() async throws {
        let texts = ["The bee gathers nectar", "the bees gather nectar", "A kernel schedules processes", "!", ""]
        let embedding = try await builtin.embed(texts, dimensions: nil)
        #expect(embedding == (try await builtin.embed(texts, dimensions: nil)))
        #expect(embedding.vectors.map(\.count) == Array(repeating: 256, count: 5))
        for vector in embedding.vectors { #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4) }
        func likeness(_ a: Int, _ b: Int) -> Float { zip(embedding.vectors[a], embedding.vectors[b]).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(likeness(0, 1) > likeness(0, 2) + 0.3)
        #expect(try await builtin.embed(["bee"], dimensions: 3).vectors[0].count == 3)
        for dimensions in [0, -1, 4097] {
            await #expect(throws: EngineError.self) { try await builtin.embed(["bee"], dimensions: dimensions) }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
        var result: [T] = []
        for element in self { result.append(try await transform(element)) }
        return result
    }
}
