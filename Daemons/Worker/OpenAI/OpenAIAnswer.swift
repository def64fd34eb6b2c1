internal import DaemonContract
package import OperationContract

/// An answer of the OpenAI surface, before it is put on HTTP.
package struct OpenAIAnswer: Sendable {
    /// Takes bytes of a body, as fast as the client reads them; throws once it is gone.
    package typealias Sink = (_ bytes: [UInt8]) async throws -> Void

    /// The body.
    package enum Body: Sendable {
        /// All of it.
        case bytes([UInt8])
        /// Written piece by piece.
        case stream(@Sendable (_ sink: Sink) async throws -> Void)
    }

    /// The HTTP status.
    package var status: Int
    /// The media type.
    package var contentType: String
    /// The body.
    package var body: Body

    package init(status: Int = 200, contentType: String = "application/json", body: Body) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// An answer of JSON.
    package static func json(_ value: some Encodable, status: Int = 200) -> OpenAIAnswer {
        do {
            return OpenAIAnswer(status: status, body: .bytes(try ContractJSON.encode(value)))
        } catch {
            return .failure(.server("The answer could not be written as JSON: \(error.message)"))
        }
    }

    /// An error in OpenAI's shape.
    package static func failure(_ error: OpenAIError) -> OpenAIAnswer {
        OpenAIAnswer(status: error.status, body: .bytes(errorBody(error)))
    }

    /// Server-sent events.
    package static func events(_ write: @escaping @Sendable (_ sink: Sink) async throws -> Void) -> OpenAIAnswer {
        OpenAIAnswer(contentType: "text/event-stream; charset=utf-8", body: .stream(write))
    }

    /// The bytes of one server-sent event. JSON has no line ends, so one line carries it.
    package static func event(_ value: some Encodable) throws -> [UInt8] {
        Array("data: ".utf8) + (try ContractJSON.encode(value)) + Array("\n\n".utf8)
    }

    /// The event that ends an OpenAI stream.
    package static let end = Array("data: \(OpenAIStream.end)\n\n".utf8)

    private static func errorBody(_ error: OpenAIError) -> [UInt8] {
        // An error holds nothing but text, which JSON can always carry.
        (try? ContractJSON.encode(error)) ?? Array(#"{"error":{"message":"unknown","type":"server_error","param":null,"code":null}}"#.utf8)
    }
}
