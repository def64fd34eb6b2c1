import Testing

@testable import Worker

@Suite struct NGramModelTests {
    let model = NGramModel(texts: ["the bee flies home", "the bee dances", "The queen stays"])

    private func tokens(_ text: String) throws -> [Tokenizer.Token] {
        try #require(model.tokenizer.encode(Array(text.utf8)))
    }

    private func next(after context: [Tokenizer.Token], weights: [Double] = [1, 1, 1]) -> [Double] {
        model.distribution(after: context, weights: weights, unigram: model.unigram(weights: weights))
    }

    private func sum(_ values: [Double]) -> Double { values.reduce(0, +) }

    @Test func everyDistributionSumsToOne() throws {
        for text in ["", "the", "the bee", " bee flies", "zebra", "the bee flies home"] {
            #expect(abs(sum(next(after: try tokens(text))) - 1) < 1e-9)
            #expect(abs(sum(next(after: [Tokenizer.end] + (try tokens(text)), weights: [100, 1, 3])) - 1) < 1e-9)
        }
    }

    @Test func whatFollowedIsLikelierThanWhatDidNot() throws {
        let distribution = next(after: try tokens("the bee"))
        let flies = Int(try tokens(" flies")[0])
        let stays = Int(try tokens(" stays")[0])
        #expect(distribution[flies] > 10 * distribution[stays])
        #expect(distribution[stays] > 0)
    }

    @Test func longerContextsDecide() throws {
        let end = Int(Tokenizer.end)
        #expect(next(after: try tokens("the bee dances"))[end] > 0.8)
        #expect(next(after: try tokens("flies home"))[end] > 0.8)
    }

    @Test func capitalsAndSpacesDoNotMatterInAContext() throws {
        let queen = Int(try tokens(" queen")[0])
        #expect(next(after: try tokens("The"))[queen] == next(after: try tokens("the"))[queen])
        #expect(next(after: try tokens("The"))[queen] > 0.2)
    }

    @Test func weightsTurnTheAnswer() throws {
        let flies = Int(try tokens(" flies")[0])
        let dances = Int(try tokens(" dances")[0])
        let context = try tokens("the bee")
        #expect(next(after: context, weights: [50, 1, 1])[flies] > next(after: context, weights: [50, 1, 1])[dances])
        #expect(next(after: context, weights: [1, 50, 1])[flies] < next(after: context, weights: [1, 50, 1])[dances])
    }

    @Test func bytesAreReadAndNeverExpected() throws {
        let distribution = next(after: try tokens("zebra"))
        #expect(distribution[1...256].allSatisfy { $0 == 0 })
    }

    @Test func nothingReadExpectsTheEnd() {
        let empty = NGramModel(texts: [])
        #expect(empty.distribution(after: [Tokenizer.end], weights: [], unigram: empty.unigram(weights: [])).allSatisfy { $0 == 0 })
    }
}
