/// What an engine is asked to continue, and how.
package struct GenerationRequest: Sendable, Equatable {
    /// What is to be continued.
    package var prompt: Prompt
    /// Most tokens to draw; nil leaves it to the engine.
    package var maxTokens: Int?
    /// How to draw.
    package var sampling: Sampling
    /// Texts that end the answer and do not appear in it.
    package var stop: [String]

    package init(prompt: Prompt, maxTokens: Int? = nil, sampling: Sampling = Sampling(), stop: [String] = []) {
        self.prompt = prompt
        self.maxTokens = maxTokens
        self.sampling = sampling
        self.stop = stop
    }

    /// What is to be continued.
    package enum Prompt: Sendable, Equatable {
        /// A conversation; the answer is the assistant's next message.
        case chat([Message])
        /// A text; the answer is how it goes on.
        case text(String)
    }

    /// One message of a conversation.
    package struct Message: Sendable, Equatable {
        /// `system`, `user`, `assistant`, …
        package var role: String
        /// Its text.
        package var content: String

        package init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    /// How the next token is drawn.
    package struct Sampling: Sendable, Equatable {
        /// 0 always takes the likeliest token; 1 draws as the model has it; above 1 flattens.
        package var temperature: Double
        /// Only the likeliest tokens that together have this probability are drawn from.
        package var topP: Double
        /// Equal seeds give equal texts; nil draws one.
        package var seed: UInt64?
        /// How much a token that was drawn at all is avoided from then on, in logits.
        package var presencePenalty: Double
        /// How much a token is avoided for each time it was drawn, in logits.
        package var frequencyPenalty: Double

        package init(
            temperature: Double = 1, topP: Double = 1, seed: UInt64? = nil, presencePenalty: Double = 0, frequencyPenalty: Double = 0
        ) {
            self.temperature = temperature
            self.topP = topP
            self.seed = seed
            self.presencePenalty = presencePenalty
            self.frequencyPenalty = frequencyPenalty
        }
    }
}
